//! Graph of imports between files: every path followed through re-exports to the file that defines its end.

use std::collections::{BTreeMap, BTreeSet};

use super::items::{Import, Items, Scope, read_items};
use super::tree::Tree;

/// A file imports from another: the names that it takes.
pub(crate) type Edges = BTreeMap<(String, String), BTreeSet<String>>;

/// A module's place: its crate's root first, then the names down to it.
type Place = Vec<String>;

/// The modules of a tree, without those for tests.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    /// Each module, with the file that it is in.
    modules: BTreeMap<Place, (String, Scope)>,
}

/// The items of every file of the product, without the files that only tests see.
pub(crate) fn read_product(tree: &Tree) -> BTreeMap<String, Items> {
    let mut files = BTreeMap::new();
    for (_, root) in tree.crates() {
        add_file(tree, &root, &mut files);
    }
    files
}

/// Reads a file and the files of the modules that it declares.
fn add_file(tree: &Tree, path: &str, files: &mut BTreeMap<String, Items>) {
    let Some(text) = tree.text(path) else { return };
    let items = read_items(text);
    let mut children = Vec::new();
    for scope in &items.scopes {
        children.extend(scope.children.iter().map(|child| (scope.inline.clone(), child.clone())));
    }
    files.insert(path.to_owned(), items);
    for (inline, child) in children {
        if let Some(file) = file_of(tree, path, &inline, &child) {
            add_file(tree, &file, files);
        }
    }
}

/// The file of `mod child;` in a file.
fn file_of(tree: &Tree, path: &str, inline: &[String], child: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/')?;
    let stem = name.trim_end_matches(".rs");
    let mut folder = folder.to_owned();
    if !["mod", "lib", "main"].contains(&stem) {
        folder = format!("{folder}/{stem}");
    }
    for part in inline {
        folder = format!("{folder}/{part}");
    }
    [format!("{folder}/{child}.rs"), format!("{folder}/{child}/mod.rs")]
        .into_iter()
        .find(|file| tree.text(file).is_some())
}

impl Modules {
    /// Arranges the files of all crates as modules.
    pub(crate) fn of(tree: &Tree, files: &BTreeMap<String, Items>) -> Self {
        let mut modules = Self::default();
        for (name, root) in tree.crates() {
            modules.add(tree, files, &root, &[name]);
        }
        modules
    }

    fn add(&mut self, tree: &Tree, files: &BTreeMap<String, Items>, path: &str, place: &[String]) {
        let Some(items) = files.get(path) else { return };
        for scope in &items.scopes {
            let here: Place = place.iter().chain(&scope.inline).cloned().collect();
            for child in &scope.children {
                if let Some(file) = file_of(tree, path, &scope.inline, child) {
                    let below: Place = here.iter().chain([child]).cloned().collect();
                    self.add(tree, files, &file, &below);
                }
            }
            self.modules.insert(here, (path.to_owned(), scope.clone()));
        }
    }

    /// Who imports what from whom.
    pub(crate) fn edges(&self) -> Edges {
        let mut edges = Edges::new();
        for (place, (file, scope)) in &self.modules {
            let mut add = |target: Option<(String, String)>| {
                if let Some((target, name)) = target.filter(|(target, _)| target != file) {
                    edges.entry((file.clone(), target)).or_default().insert(name);
                }
            };
            for import in &scope.imports {
                match &import.name {
                    Some(name) if !import.public || scope.words.contains(name) => {
                        add(self.definition(place, &import.path));
                    }
                    // A sign that says where something is does not use it.
                    Some(_) => {}
                    None if import.public => {}
                    None => {
                        for word in &scope.words {
                            let path: Vec<String> = import.path.iter().chain([word]).cloned().collect();
                            if !scope.defined.contains(word) {
                                add(self.definition(place, &path));
                            }
                        }
                    }
                }
            }
            for path in &scope.paths {
                add(self.definition(place, path));
            }
        }
        edges
    }

    /// Paths of ours that lead nowhere: what the graph would lack.
    pub(crate) fn lost_paths(&self) -> Vec<String> {
        let mut lost = Vec::new();
        for (place, (file, scope)) in &self.modules {
            for path in scope.imports.iter().map(|import| &import.path).chain(&scope.paths) {
                let first = path[0].as_str();
                let ours = ["crate", "self", "super"].contains(&first) || first.starts_with("mockreel_");
                if ours && path.len() > 1 && self.follow(place, path, &mut BTreeSet::new()).is_none() {
                    lost.push(format!("{file}: {}", path.join("::")));
                }
            }
        }
        lost
    }

    /// The file and the name of what a path leads to; `None` for a module, whose own paths tell more, and for
    /// what is not ours.
    fn definition(&self, from: &[String], path: &[String]) -> Option<(String, String)> {
        match self.follow(from, path, &mut BTreeSet::new())? {
            Found::Item(file, name) => Some((file, name)),
            Found::Module(_) => None,
        }
    }

    fn follow(
        &self,
        from: &[String],
        path: &[String],
        followed: &mut BTreeSet<(Place, String, bool)>,
    ) -> Option<Found> {
        let mut at = from.to_vec();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                at.truncate(1);
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|name| name == "super") {
                    at.pop()?;
                    rest = &rest[1..];
                }
            }
            name if self.modules.contains_key([name.to_owned()].as_slice()) && !self.declares(from, name) => {
                at = vec![name.to_owned()];
                rest = &path[1..];
            }
            _ => {}
        }
        while let Some((name, more)) = rest.split_first() {
            match self.look_up(&at, name, !more.is_empty(), followed)? {
                Found::Module(place) => at = place,
                item @ Found::Item(..) => return Some(item),
            }
            rest = more;
        }
        Some(Found::Module(at))
    }

    fn declares(&self, place: &[String], name: &str) -> bool {
        let scope = self.modules.get(place).map(|(_, scope)| scope);
        scope.is_some_and(|scope| scope.children.iter().chain(&scope.defined).any(|known| known == name))
    }

    /// What a name means in a module: a module if the path goes on, else rather what has a value or a type.
    fn look_up(
        &self,
        place: &[String],
        name: &str,
        goes_on: bool,
        followed: &mut BTreeSet<(Place, String, bool)>,
    ) -> Option<Found> {
        if !followed.insert((place.to_vec(), name.to_owned(), goes_on)) {
            return None;
        }
        let (file, scope) = self.modules.get(place)?;
        let below: Place = place.iter().cloned().chain([name.to_owned()]).collect();
        let module = self.modules.contains_key(&below).then_some(Found::Module(below));
        let item = scope
            .defined
            .iter()
            .any(|known| known == name)
            .then(|| Found::Item(file.clone(), name.to_owned()));
        let here = if goes_on { module.or(item) } else { item.or(module) };
        if matches!(here, Some(Found::Item(..))) || goes_on && here.is_some() {
            return here;
        }
        let named = |import: &&Import| import.name.as_deref() == Some(name) && import.path != [name];
        for import in scope.imports.iter().filter(named) {
            let found = self.follow(place, &import.path, followed);
            if found.is_some() {
                return if here.is_some() && matches!(found, Some(Found::Module(_))) { here } else { found };
            }
        }
        for import in scope.imports.iter().filter(|import| import.name.is_none()) {
            let path: Vec<String> = import.path.iter().cloned().chain([name.to_owned()]).collect();
            if let Some(found) = self.follow(place, &path, followed) {
                return Some(found);
            }
        }
        here
    }
}

enum Found {
    Item(String, String),
    Module(Place),
}

/// The circles: files each of which reaches all others, the largest first.
pub(crate) fn find_circles(edges: &Edges) -> Vec<Vec<String>> {
    let mut below: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut above: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (from, to) in edges.keys() {
        below.entry(from).or_default().push(to);
        above.entry(to).or_default().push(from);
    }
    let mut circles = Vec::new();
    let mut placed: BTreeSet<&str> = BTreeSet::new();
    for file in below.keys() {
        if placed.contains(file) {
            continue;
        }
        let down = reach(file, &below);
        let circle: Vec<&str> = reach(file, &above).intersection(&down).copied().collect();
        placed.extend(circle.iter().copied());
        if circle.len() > 1 {
            circles.push(circle.into_iter().map(str::to_owned).collect());
        }
    }
    circles.sort_by_key(|circle: &Vec<String>| std::cmp::Reverse(circle.len()));
    circles
}

fn reach<'a>(from: &'a str, next: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::from([from]);
    let mut waiting = vec![from];
    while let Some(file) = waiting.pop() {
        for to in next.get(file).into_iter().flatten() {
            if reached.insert(to) {
                waiting.push(to);
            }
        }
    }
    reached
}

/// The few edges without which a circle falls apart, as `from -> to (names)`: those that run upward when the
/// files are put in the best order that a greedy search finds.
pub(crate) fn find_ties(circle: &[String], edges: &Edges) -> Vec<String> {
    let inner: Vec<(&str, &str, usize)> = edges
        .iter()
        .filter(|((from, to), _)| circle.contains(from) && circle.contains(to))
        .map(|((from, to), names)| (from.as_str(), to.as_str(), names.len()))
        .collect();
    let order = order_files(circle, &inner);
    let rank = |file: &str| order.iter().position(|placed| *placed == file);
    inner
        .iter()
        .filter(|(from, to, _)| rank(from) > rank(to))
        .map(|(from, to, _)| {
            let names = &edges[&((*from).to_owned(), (*to).to_owned())];
            format!("{from} -> {to} ({})", names.iter().cloned().collect::<Vec<_>>().join(", "))
        })
        .collect()
}

/// Files in an order in which few imports run upward (Eades, Lin and Smyth).
fn order_files<'a>(circle: &'a [String], inner: &[(&'a str, &'a str, usize)]) -> Vec<&'a str> {
    let mut left: BTreeSet<&str> = circle.iter().map(String::as_str).collect();
    let (mut first, mut last) = (Vec::new(), Vec::new());
    while !left.is_empty() {
        let inside = |edge: &&(&str, &str, usize)| left.contains(edge.0) && left.contains(edge.1);
        let out = |file: &str| inner.iter().filter(inside).filter(|edge| edge.0 == file).count();
        let into = |file: &str| inner.iter().filter(inside).filter(|edge| edge.1 == file).count();
        let sink = left.iter().copied().find(|file| out(file) == 0);
        let source = left.iter().copied().find(|file| into(file) == 0);
        let next = match (sink, source) {
            (Some(sink), _) => {
                last.push(sink);
                sink
            }
            (None, source) => {
                let balance = |file: &&str| out(file) as i64 - into(file) as i64;
                let Some(next) = source.or_else(|| left.iter().copied().max_by_key(balance)) else { break };
                first.push(next);
                next
            }
        };
        left.remove(next);
    }
    last.reverse();
    first.extend(last);
    first
}
