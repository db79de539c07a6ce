//! Answers with what varies from run to run replaced, after its form was checked.
