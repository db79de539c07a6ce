//! The timeouts and other waits by the machine's clock. Whatever follows an account's clock is in the contracts and scenarios.

use std::time::Duration;

/// How long a caller may take to send the head of a request.
pub(crate) const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the body of a request may be silent unless the settings say otherwise.
pub(crate) const BODY_SILENCE: Duration = Duration::from_secs(60);

/// How long a caller may take nothing of an answer unless the settings say otherwise. A program that is stopped in a debugger
/// takes nothing either, so it is long.
pub(crate) const ANSWER_SILENCE: Duration = Duration::from_secs(300);

/// How long a caller who has closed its sending side is answered: it may have hung up altogether.
pub(crate) const HALF_CLOSED_TIMEOUT: Duration = Duration::from_secs(2);

/// How long what still comes after the refusal of a head is read, so that the refusal is not lost with the connection.
pub(crate) const LINGER_TIMEOUT: Duration = Duration::from_secs(1);

/// How long connections get to finish when the emulator stops.
pub(crate) const SHUTDOWN_GRACE: Duration = Duration::from_secs(2);

/// How long to wait before connections are taken again after one could not be.
pub(crate) const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// How long the bytes before a reset get to reach the caller: a reset overtakes what is still on its way.
pub(crate) const RESET_DELAY: Duration = Duration::from_millis(20);

/// How long a response or download that is slow takes unless its fault says otherwise, in seconds.
pub(crate) const SLOW_SECONDS: f64 = 5.0;

/// How long fetching an image may take.
pub(crate) const FETCH_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the receiver of a webhook may take to answer where the contract does not say, in seconds.
pub(crate) const RECEIVER_TIMEOUT_SECONDS: f64 = 10.0;

/// The longest sleep of the scheduler, in milliseconds: a machine that was itself asleep is noticed after so long.
pub(crate) const LONGEST_SLEEP_MS: u64 = 60_000;
