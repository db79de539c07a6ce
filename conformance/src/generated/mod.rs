//! Requests drawn at random: bodies, pictures, and sequences of commands.
