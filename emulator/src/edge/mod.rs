//! The HTTP edge: listeners and connections, the router, calls to vendors, and files.

pub(crate) mod addresses;
pub(crate) mod bind;
pub(crate) mod call;
mod cors;
mod dispatch;
mod fault;
mod files;
mod handlers;
pub(crate) mod headers;
pub(crate) mod incoming;
pub(crate) mod listen;
mod nowhere;
pub(crate) mod router;
#[cfg(test)]
mod tests;
mod unread;
mod wire;
