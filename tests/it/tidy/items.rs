//! Items of a file: the modules it declares, what it imports and names, and what it defines.

use super::tokens::{Placed, Token, after_group, read_code};

/// A leaf of a `use` tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Import {
    /// The path as it is written, without the star of a glob.
    pub(crate) path: Vec<String>,
    /// The name that it has here; `None` for a glob.
    pub(crate) name: Option<String>,
    /// `pub use`, with any visibility.
    pub(crate) public: bool,
}

/// A type that a file defines.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) line: usize,
}

/// A function, and what it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// In an `impl` or a `trait`.
    pub(crate) method: bool,
    /// In an `impl Trait for Type`: the trait's name, which the function's name is given by.
    pub(crate) given_by: Option<String>,
}

/// A module: a file, or one in braces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Names of modules, from the file.
    pub(crate) inline: Vec<String>,
    /// `mod name;` and `mod name { .. }`.
    pub(crate) children: Vec<String>,
    pub(crate) imports: Vec<Import>,
    /// Paths of two or more names in code, as `state::Job`.
    pub(crate) paths: Vec<Vec<String>>,
    /// Every word in code but those of `use`.
    pub(crate) words: Vec<String>,
    /// Types, functions, constants: what an import may mean.
    pub(crate) defined: Vec<String>,
}

/// Everything of a file that a rule looks at.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    /// The file's own module first.
    pub(crate) scopes: Vec<Scope>,
    pub(crate) types: Vec<Definition>,
    pub(crate) functions: Vec<Function>,
    /// String literals, with their lines.
    pub(crate) texts: Vec<(String, usize)>,
    /// Names of modules that only tests see.
    pub(crate) test_modules: Vec<String>,
}

/// Reads the items of a file.
pub(crate) fn read_items(text: &str) -> Items {
    let code = read_code(text);
    let mut reader = Reader { items: Items::default(), open: vec![(0, 0)], blocks: Vec::new(), macro_end: 0 };
    reader.items.test_modules = code.test_modules;
    reader.items.scopes.push(Scope::default());
    reader.read(&code.tokens);
    reader.items
}

struct Reader {
    items: Items,
    /// The modules around the place: which scope, and at which depth of braces it began.
    open: Vec<(usize, usize)>,
    /// The braces around the place: for `impl` and `trait` the trait that gives the names, if any.
    blocks: Vec<Option<Option<String>>>,
    /// The place behind the last `macro_rules!`, whose body defines types where it is called.
    macro_end: usize,
}

impl Reader {
    fn scope(&mut self) -> &mut Scope {
        let (scope, _) = self.open[self.open.len() - 1];
        &mut self.items.scopes[scope]
    }

    /// Whether the place is in a module itself, not in a function or an `impl`.
    fn in_module(&self) -> bool {
        self.open[self.open.len() - 1].1 == self.blocks.len()
    }

    fn read(&mut self, tokens: &[Placed]) {
        let mut at = 0;
        let mut heading = None;
        while at < tokens.len() {
            match &tokens[at].token {
                Token::Mark('{') => {
                    self.blocks.push(heading.take());
                    at += 1;
                }
                Token::Mark('}') => {
                    self.blocks.pop();
                    if self.open.len() > 1 && self.open[self.open.len() - 1].1 > self.blocks.len() {
                        self.open.pop();
                    }
                    at += 1;
                }
                Token::Text(text) => {
                    self.items.texts.push((text.clone(), tokens[at].line));
                    at += 1;
                }
                Token::Word(word) => {
                    if word == "impl" && self.in_module() || word == "trait" {
                        heading = Some(trait_of(&tokens[at..]));
                    }
                    at = self.read_word(tokens, at);
                }
                Token::Mark(_) | Token::Other | Token::Colons => at += 1,
            }
        }
    }

    fn read_word(&mut self, tokens: &[Placed], at: usize) -> usize {
        let word = tokens[at].word().unwrap_or_default().to_owned();
        let next = tokens.get(at + 1).and_then(Placed::word).unwrap_or_default().to_owned();
        match word.as_str() {
            "use" if !next.is_empty() || tokens.get(at + 1).is_some_and(opens_tree) => {
                return self.read_use(tokens, at);
            }
            "mod" if !next.is_empty() => return self.read_module(tokens, at, next),
            "struct" | "enum" | "trait" | "type"
                if !next.is_empty() && (word != "type" || self.in_module()) =>
            {
                self.items.types.push(Definition { name: next.clone(), line: tokens[at].line });
            }
            "fn" if !next.is_empty() => {
                let given_by = self.blocks.last().cloned().flatten();
                let method = given_by.is_some();
                self.items.functions.push(Function {
                    name: next.clone(),
                    method,
                    given_by: given_by.flatten(),
                });
            }
            _ => {}
        }
        let by_macro = at < self.macro_end && ["struct", "enum", "trait"].contains(&word.as_str());
        let keys = ["struct", "enum", "trait", "type", "fn", "const", "static", "union"];
        if (self.in_module() || by_macro) && keys.contains(&word.as_str()) && !next.is_empty() {
            let skipped = usize::from(["mut", "fn", "unsafe", "async"].contains(&next.as_str()));
            let name = tokens.get(at + 1 + skipped).and_then(Placed::word).unwrap_or_default();
            self.scope().defined.push(name.to_owned());
        }
        if word == "macro_rules" {
            let name = tokens.get(at + 2).and_then(Placed::word).unwrap_or_default();
            self.scope().defined.push(name.to_owned());
            self.macro_end = after_group(tokens, at + 3);
        }
        self.read_path(tokens, at)
    }

    fn read_path(&mut self, tokens: &[Placed], at: usize) -> usize {
        let mut path = vec![tokens[at].word().unwrap_or_default().to_owned()];
        let mut end = at + 1;
        while tokens.get(end).is_some_and(|mark| mark.token == Token::Colons) {
            let Some(word) = tokens.get(end + 1).and_then(Placed::word) else { break };
            path.push(word.to_owned());
            end += 2;
        }
        let before = at.checked_sub(1).map(|before| &tokens[before].token);
        let goes_on = matches!(before, Some(Token::Colons | Token::Mark('.')));
        let scope = self.scope();
        scope.words.extend(path.iter().cloned());
        if path.len() > 1 && !goes_on {
            scope.paths.push(path);
        }
        end
    }

    fn read_use(&mut self, tokens: &[Placed], at: usize) -> usize {
        let public = at.checked_sub(1).is_some_and(|before| {
            tokens[before].is_word("pub") || tokens[before].is_mark(')') && is_visibility(tokens, before)
        });
        let end = (at..tokens.len()).find(|end| tokens[*end].is_mark(';')).unwrap_or(tokens.len());
        let mut imports = Vec::new();
        read_tree(&tokens[at + 1..end], &[], public, &mut imports);
        self.scope().imports.extend(imports);
        end + 1
    }

    fn read_module(&mut self, tokens: &[Placed], at: usize, name: String) -> usize {
        if self.items.test_modules.contains(&name) {
            return at + 2;
        }
        self.scope().children.push(name.clone());
        if tokens.get(at + 2).is_some_and(|mark| mark.is_mark('{')) {
            let mut inline = self.scope().inline.clone();
            inline.push(name);
            self.items.scopes.push(Scope { inline, ..Scope::default() });
            self.open.push((self.items.scopes.len() - 1, self.blocks.len() + 1));
        }
        at + 2
    }
}

fn opens_tree(placed: &Placed) -> bool {
    placed.token == Token::Colons || placed.is_mark('{')
}

/// Whether the bracket that closes at a place is that of `pub(crate)`.
fn is_visibility(tokens: &[Placed], close: usize) -> bool {
    let open = (0..close).rev().find(|at| tokens[*at].is_mark('('));
    open.and_then(|at| at.checked_sub(1)).is_some_and(|before| tokens[before].is_word("pub"))
}

/// In `impl a::Trait<T> for Type {`, the trait's name; for `trait` and `impl Type` none.
fn trait_of(tokens: &[Placed]) -> Option<String> {
    let end = tokens.iter().position(|mark| mark.is_mark('{'))?;
    let header = &tokens[1..end];
    let mut depth = 0_i32;
    let mut name = None;
    for (at, placed) in header.iter().enumerate() {
        match &placed.token {
            Token::Mark('<') => depth += 1,
            Token::Mark('>') if at > 0 && !header[at - 1].is_mark('-') => depth -= 1,
            Token::Word(word) if word == "for" && depth == 0 => return name,
            Token::Word(word) if depth == 0 => name = Some(word.clone()),
            _ => {}
        }
    }
    None
}

/// Reads the branches of a `use` tree, which commas part.
fn read_tree(tokens: &[Placed], before: &[String], public: bool, imports: &mut Vec<Import>) {
    let mut from = 0;
    while from < tokens.len() {
        let mut end = from;
        while end < tokens.len() && !tokens[end].is_mark(',') {
            end = if tokens[end].is_mark('{') { after_group(tokens, end) } else { end + 1 };
        }
        read_branch(&tokens[from..end], before, public, imports);
        from = end + 1;
    }
}

fn read_branch(tokens: &[Placed], before: &[String], public: bool, imports: &mut Vec<Import>) {
    let mut path = before.to_vec();
    for (at, placed) in tokens.iter().enumerate() {
        match &placed.token {
            Token::Mark('{') => return read_tree(&tokens[at + 1..tokens.len() - 1], &path, public, imports),
            Token::Mark('*') => return imports.push(Import { path, name: None, public }),
            Token::Word(word) if word == "as" => {
                let name = tokens.get(at + 1).and_then(Placed::word).map(str::to_owned);
                return imports.push(Import { path, name, public });
            }
            Token::Word(word) if word == "self" && !path.is_empty() => {}
            Token::Word(word) => path.push(word.clone()),
            Token::Mark(_) | Token::Text(_) | Token::Other | Token::Colons => {}
        }
    }
    let name = path.last().cloned();
    imports.push(Import { path, name, public });
}

#[cfg(test)]
fn leaves(text: &str) -> Vec<String> {
    let items = read_items(text);
    let imports = items.scopes[0].imports.iter();
    imports
        .map(|import| {
            let name = import.name.as_deref().unwrap_or("*");
            format!("{}{}={name}", if import.public { "pub " } else { "" }, import.path.join("::"))
        })
        .collect()
}

#[test]
fn a_tree_of_imports_is_read_with_its_branches_names_and_stars() {
    let found = leaves(
        "use a::b; use crate::{c::{self, d as e}, f::*, g}; pub(crate) use super::h::{I, J as _,}; use ::k::l;",
    );
    let wanted = [
        "a::b=b",
        "crate::c=c",
        "crate::c::d=e",
        "crate::f=*",
        "crate::g=g",
        "pub super::h::I=I",
        "pub super::h::J=_",
        "k::l=l",
    ];
    assert_eq!(found, wanted);
}

#[test]
fn items_are_told_from_methods_and_modules_in_braces_from_files() {
    let items = read_items(
        "mod a; mod b { use super::a::X; struct Y; fn two() { c::d(); } }
         impl<T> fmt::Display for Z<T> { fn fmt() { crate::e::f::<u8>(); } }
         impl Z { fn own(&self) -> impl Fn() { self.g::h(); } type No = u8; }
         trait W { type Out; fn given(); }
         type V = u8; pub const fn last() {} const LIMIT: u8 = 1;
         macro_rules! make { () => { enum Made { A } } }",
    );
    assert_eq!(items.scopes.len(), 2);
    assert_eq!(items.scopes[0].children, ["a", "b"]);
    assert_eq!(items.scopes[1].inline, ["b"]);
    assert_eq!(items.scopes[1].defined, ["Y", "two"]);
    assert_eq!(items.scopes[1].paths, [["c", "d"]]);
    assert_eq!(items.scopes[0].paths, [vec!["fmt", "Display"], vec!["crate", "e", "f"]]);
    assert_eq!(items.scopes[0].defined, ["W", "V", "last", "last", "LIMIT", "make", "Made"]);
    let types: Vec<&str> = items.types.iter().map(|definition| definition.name.as_str()).collect();
    assert_eq!(types, ["Y", "W", "V", "Made"]);
    let functions: Vec<(&str, bool, Option<&str>)> = items
        .functions
        .iter()
        .map(|function| (function.name.as_str(), function.method, function.given_by.as_deref()))
        .collect();
    let wanted = [
        ("two", false, None),
        ("fmt", true, Some("Display")),
        ("own", true, None),
        ("given", true, None),
        ("last", false, None),
    ];
    assert_eq!(functions, wanted);
}
