//! Signing what is sent, as Standard Webhooks has it: HMAC-SHA256 over `id.timestamp.body`.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret starts with when it is written down.
const PREFIX: &str = "whsec_";

/// What the sender and the receiver of callbacks have agreed on. It is never shown.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl FromStr for Secret {
    type Err = String;

    /// Reads `whsec_` and base64. The message does not repeat what was given.
    fn from_str(text: &str) -> Result<Self, String> {
        let encoded = text
            .trim()
            .strip_prefix(PREFIX)
            .ok_or_else(|| format!("a callback secret starts with `{PREFIX}`; this one does not"))?;
        let key =
            STANDARD.decode(encoded).ok().filter(|key| !key.is_empty()).ok_or_else(|| {
                format!("what follows `{PREFIX}` in a callback secret is base64; this is not")
            })?;
        Hmac::new_from_slice(&key).map(Self).map_err(|error| error.to_string())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// The value of `webhook-signature` for a message. `timestamp` is in seconds since the Unix epoch.
    pub(super) fn signature(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_message_has_its_known_signature() {
        // The example of a vendor that signs so (documentation of August 2026).
        let secret: Secret = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=".parse().unwrap();
        let body = r#"{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,"update_time":1781080794151}"#;
        assert_eq!(
            secret.signature("9876543210", 1_781_080_794, body.as_bytes()),
            "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4="
        );
    }

    #[test]
    fn what_is_no_secret_is_refused_without_being_repeated() {
        for (text, said) in
            [("hunter2", "starts with `whsec_`"), ("whsec_", "is base64"), ("whsec_hunter2!", "is base64")]
        {
            let error = text.parse::<Secret>().unwrap_err();
            assert!(error.contains(said) && !error.contains("hunter2"), "{error}");
        }
        let secret: Secret = "whsec_aHVudGVyMg==".parse().unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}
