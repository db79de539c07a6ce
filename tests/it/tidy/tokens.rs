//! A tokenizer for Rust: code without comments and attributes, and without what only tests see.

/// A piece of code.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A name or a keyword.
    Word(String),
    /// A string literal; what stands between its quotes.
    Text(String),
    /// A character, a number or a lifetime, which no rule looks at.
    Other,
    /// `::`.
    Colons,
    /// Any other mark.
    Mark(char),
}

/// A token and the line that it stands in.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) token: Token,
    pub(crate) line: usize,
}

impl Placed {
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.token {
            Token::Word(word) => Some(word),
            Token::Text(_) | Token::Other | Token::Colons | Token::Mark(_) => None,
        }
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.token == Token::Mark(mark)
    }
}

/// What a file holds for everybody, and which of its modules are for tests only.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) tokens: Vec<Placed>,
    pub(crate) test_modules: Vec<String>,
}

/// Reads a file: no comments, no attributes, no items under `#[cfg(test)]` or `#[test]`.
pub(crate) fn read_code(text: &str) -> Code {
    drop_tests(&tokenize(text))
}

/// Every token of a text but its comments.
pub(crate) fn tokenize(text: &str) -> Vec<Placed> {
    let mut reader = Reader { chars: text.chars().collect(), at: 0, line: 1, tokens: Vec::new() };
    while reader.at < reader.chars.len() {
        reader.read_next();
    }
    reader.tokens
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Placed>,
}

impl Reader {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn step(&mut self) -> char {
        let char = self.peek(0);
        self.at += 1;
        self.line += usize::from(char == '\n');
        char
    }

    fn push(&mut self, token: Token, line: usize) {
        self.tokens.push(Placed { token, line });
    }

    fn read_next(&mut self) {
        let line = self.line;
        match (self.peek(0), self.peek(1)) {
            (char, _) if char.is_whitespace() => {
                self.step();
            }
            ('/', '/') => {
                while self.at < self.chars.len() && self.peek(0) != '\n' {
                    self.step();
                }
            }
            ('/', '*') => self.skip_block_comment(),
            ('"', _) => self.read_string(line),
            ('\'', _) => self.read_quote(line),
            (':', ':') => {
                self.at += 2;
                self.push(Token::Colons, line);
            }
            (char, _) if char.is_ascii_digit() => {
                while self.peek(0).is_alphanumeric()
                    || self.peek(0) == '_'
                    || self.peek(0) == '.' && self.peek(1).is_ascii_digit()
                {
                    self.step();
                }
                self.push(Token::Other, line);
            }
            (char, _) if char.is_alphabetic() || char == '_' => self.read_word(line),
            (char, _) => {
                self.step();
                self.push(Token::Mark(char), line);
            }
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    self.step();
                    continue;
                }
            }
            self.at += 2;
            if depth == 0 {
                return;
            }
        }
    }

    fn read_word(&mut self, line: usize) {
        let mut word = String::new();
        while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
            word.push(self.step());
        }
        let hashes = (0..).take_while(|ahead| self.peek(*ahead) == '#').count();
        match word.as_str() {
            "r" | "br" | "cr" if self.peek(hashes) == '"' => self.read_raw_string(hashes, line),
            "b" | "c" if self.peek(0) == '"' => self.read_string(line),
            "b" if self.peek(0) == '\'' => self.read_quote(line),
            "r" if hashes == 1 => {
                self.step();
                self.read_word(line);
            }
            _ => self.push(Token::Word(word), line),
        }
    }

    fn read_string(&mut self, line: usize) {
        self.step();
        let mut content = String::new();
        while self.at < self.chars.len() {
            match self.step() {
                '"' => break,
                '\\' => {
                    content.push('\\');
                    content.push(self.step());
                }
                char => content.push(char),
            }
        }
        self.push(Token::Text(content), line);
    }

    fn read_raw_string(&mut self, hashes: usize, line: usize) {
        self.at += hashes + 1;
        let mut content = String::new();
        while self.at < self.chars.len() {
            let char = self.step();
            if char == '"' && (0..hashes).all(|ahead| self.peek(ahead) == '#') {
                self.at += hashes;
                break;
            }
            content.push(char);
        }
        self.push(Token::Text(content), line);
    }

    /// A character, or a lifetime.
    fn read_quote(&mut self, line: usize) {
        self.step();
        if self.peek(0) == '\\' {
            self.at += 2;
            while self.at < self.chars.len() && self.step() != '\'' {}
        } else if self.peek(1) == '\'' {
            self.step();
            self.step();
        } else {
            while self.peek(0).is_alphanumeric() || self.peek(0) == '_' {
                self.step();
            }
        }
        self.push(Token::Other, line);
    }
}

/// The place behind the bracket that closes the one at `from`.
pub(crate) fn after_group(tokens: &[Placed], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, placed) in tokens.iter().enumerate().skip(from) {
        match placed.token {
            Token::Mark('(' | '[' | '{') => depth += 1,
            Token::Mark(')' | ']' | '}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            Token::Mark(_) | Token::Word(_) | Token::Text(_) | Token::Other | Token::Colons => {}
        }
    }
    tokens.len()
}

fn drop_tests(tokens: &[Placed]) -> Code {
    let mut code = Code::default();
    let mut at = 0;
    let mut for_tests = false;
    while at < tokens.len() {
        let inner = tokens.get(at + 1).is_some_and(|next| next.is_mark('!'));
        let bracket = at + 1 + usize::from(inner);
        if tokens[at].is_mark('#') && tokens.get(bracket).is_some_and(|next| next.is_mark('[')) {
            let end = after_group(tokens, bracket);
            let is_test = is_for_tests(&tokens[bracket + 1..end - 1]);
            if inner && is_test {
                return Code::default();
            }
            for_tests |= !inner && is_test;
            at = end;
        } else if for_tests {
            let end = after_item(tokens, at);
            code.test_modules.extend(declared_module(&tokens[at..end]));
            for_tests = false;
            at = end;
        } else {
            code.tokens.push(tokens[at].clone());
            at += 1;
        }
    }
    code
}

/// Whether an attribute keeps its item for tests: `test`, `tokio::test`, `cfg(test)`, `cfg(all(test, ..))`.
fn is_for_tests(attribute: &[Placed]) -> bool {
    let words: Vec<&str> = attribute.iter().filter_map(Placed::word).collect();
    match words.as_slice() {
        ["cfg", rest @ ..] => rest.contains(&"test") && !rest.contains(&"not") && !rest.contains(&"any"),
        [.., "test"] => words.len() == 1 || words == ["tokio", "test"],
        _ => false,
    }
}

/// The name in `mod name;`.
fn declared_module(item: &[Placed]) -> Option<String> {
    let at = item.iter().position(|placed| placed.is_word("mod"))?;
    let ended = item.get(at + 2).is_some_and(|placed| placed.is_mark(';'));
    ended.then(|| item[at + 1].word().unwrap_or_default().to_owned())
}

/// The place behind the item, field or arm that begins at `from`.
fn after_item(tokens: &[Placed], from: usize) -> usize {
    let words: Vec<&str> =
        tokens[from..].iter().take(8).map(|placed| placed.word().unwrap_or_default()).collect();
    let key = words.iter().position(|word| {
        ["use", "const", "static", "let", "type", "fn", "mod", "impl", "struct", "enum", "trait"]
            .contains(word)
    });
    let kind = match key.map(|key| (words[key], words.get(key + 1).copied().unwrap_or_default())) {
        Some(("const", "fn" | "unsafe" | "async")) => "fn",
        Some((word, _)) => word,
        None => "",
    };
    let mut at = from;
    while at < tokens.len() {
        match (tokens[at].token.clone(), kind) {
            (Token::Mark(';'), _) | (Token::Mark(','), "") => return at + 1,
            (Token::Mark('}' | ')' | ']'), _) => return at,
            (Token::Mark('{'), "fn" | "mod" | "impl" | "struct" | "enum" | "trait") => {
                return after_group(tokens, at);
            }
            (Token::Mark('{' | '(' | '['), _) => at = after_group(tokens, at),
            _ => at += 1,
        }
    }
    at
}

#[test]
fn comments_and_attributes_are_no_code_and_strings_are_whole() {
    let text = r###"
        #![allow(dead_code)]
        //! doc "no"
        /* a /* nested "no" */ comment */
        #[serde(rename = "no")]
        fn f<'a>(x: &'a str) -> char { let _ = r#"raw "yes""#; let _ = "es\"c"; let _ = b"by"; '"' } // "no"
    "###;
    let texts: Vec<String> = read_code(text)
        .tokens
        .into_iter()
        .filter_map(|placed| if let Token::Text(text) = placed.token { Some(text) } else { None })
        .collect();
    assert_eq!(texts, ["raw \"yes\"", "es\\\"c", "by"]);
}

#[test]
fn items_for_tests_are_no_code_and_what_follows_them_is() {
    let text = "
        #[cfg(test)] pub(crate) mod tests;
        #[cfg(test)] use a::{b, c};
        #[cfg(test)] const LIST: [u8; 2] = { [1, 2] };
        #[cfg(test)] #[derive(Debug)] struct Pair(u8, u8);
        #[cfg(test)] mod more { fn g() {} }
        #[test] fn t() { one(); }
        #[tokio::test] async fn u() {}
        struct Kept { #[cfg(test)] field: Vec<(u8, u8)>, other: u8 }
        #[cfg(not(test))] fn kept() {}
    ";
    let code = read_code(text);
    let words: Vec<&str> = code.tokens.iter().filter_map(Placed::word).collect();
    assert_eq!(words, ["struct", "Kept", "other", "u8", "fn", "kept"]);
    assert_eq!(code.test_modules, ["tests"]);
}
