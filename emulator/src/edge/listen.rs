//! The listeners: connections are accepted, served, and given time to finish when the emulator stops.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::StatusCode;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::dispatch::{answer_request, answer_unparsed};
use super::router::Serves;
use super::unread::UnreadLimit;
use super::wire::{self, converse};
use crate::app::App;
use crate::timeouts::{ACCEPT_RETRY_DELAY, SHUTDOWN_GRACE};

/// Accepts connections until told to stop, then lets them finish.
pub(crate) async fn accept(
    app: Arc<App>,
    listener: TcpListener,
    serves: Serves,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // Out of file handles, most likely: asking again at once would only burn time.
                    tokio::time::sleep(ACCEPT_RETRY_DELAY).await;
                    continue;
                };
                let Ok(local) = stream.local_addr() else { continue };
                // Small answers must not wait for the acknowledgement of the one before.
                let _ = stream.set_nodelay(true);
                connections.spawn(serve_connection(Arc::clone(&app), stream, local, serves, stop.clone()));
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            _ = stop.changed() => break,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(SHUTDOWN_GRACE, async { while connections.join_next().await.is_some() {} })
        .await;
}

async fn serve_connection(
    app: Arc<App>,
    stream: TcpStream,
    local: SocketAddr,
    serves: Serves,
    mut stop: watch::Receiver<bool>,
) {
    let refusing = Arc::clone(&app);
    let refuse = move |heard: Vec<u8>, status: StatusCode| -> wire::RawAnswer {
        let app = Arc::clone(&refusing);
        Box::pin(async move { answer_unparsed(&app, &heard, status, local, serves).await })
    };
    let stream = UnreadLimit::new(stream, app.settings.limits.answer_silence);
    let connection = converse(stream, refuse, move |request| {
        let app = Arc::clone(&app);
        async move { answer_request(&app, request, local, serves).await }
    });
    tokio::pin!(connection);
    // A connection that breaks concerns its caller only.
    let stopped = tokio::select! {
        _ = connection.as_mut() => false,
        _ = stop.changed() => true,
    };
    if stopped {
        connection.as_mut().graceful_shutdown();
        let _ = connection.await;
    }
}
