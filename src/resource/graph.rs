//! Which resource needs which: the order in which they are dealt with, and cycles that have none.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::config::Address;

/// Resources with the resources that each needs first.
pub type Edges = BTreeMap<Address, BTreeSet<Address>>;

/// Returns the resources that `named` accepts, and all that they need.
#[must_use]
pub fn needed(edges: &Edges, named: impl Fn(&Address) -> bool) -> Edges {
    let mut waiting: Vec<&Address> = edges.keys().filter(|address| named(address)).collect();
    let mut kept = Edges::new();
    while let Some(address) = waiting.pop() {
        if let Some(needs) = edges.get(address)
            && !kept.contains_key(address)
        {
            waiting.extend(needs);
            kept.insert(address.clone(), needs.clone());
        }
    }
    kept
}

/// Returns all addresses, each behind those that it needs, otherwise by name; or the cycles, each in the direction of
/// its references and begun at its first member.
pub(super) fn order(edges: &Edges) -> Result<Vec<Address>, Vec<Vec<Address>>> {
    let cycles = cycles(edges);
    if !cycles.is_empty() {
        return Err(cycles);
    }
    let mut waiting: BTreeMap<&Address, usize> = BTreeMap::new();
    let mut needed_by: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
    for (address, needs) in edges {
        // A reference to what is not declared orders nothing; it is an error of its own.
        let needs = needs.iter().filter(|need| edges.contains_key(need));
        let mut count = 0;
        for need in needs {
            needed_by.entry(need).or_default().push(address);
            count += 1;
        }
        waiting.insert(address, count);
    }
    let mut ready: BTreeSet<&Address> = waiting
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(address, _)| *address)
        .collect();
    let mut order = Vec::with_capacity(edges.len());
    while let Some(next) = ready.pop_first() {
        order.push(next.clone());
        for address in needed_by.remove(next).unwrap_or_default() {
            let count = waiting
                .get_mut(address)
                .expect("every declared address waits for a number of others");
            *count -= 1;
            if *count == 0 {
                ready.insert(address);
            }
        }
    }
    Ok(order)
}

fn cycles(edges: &Edges) -> Vec<Vec<Address>> {
    let mut graph: DiGraph<&Address, ()> = DiGraph::new();
    let nodes: BTreeMap<&Address, NodeIndex> = edges
        .keys()
        .map(|address| (address, graph.add_node(address)))
        .collect();
    for (address, needs) in edges {
        for need in needs.iter().filter_map(|need| nodes.get(need)) {
            graph.add_edge(nodes[address], *need, ());
        }
    }
    let mut cycles: Vec<Vec<Address>> = tarjan_scc(&graph)
        .into_iter()
        .map(|component| component.into_iter().map(|node| graph[node]).collect())
        .filter_map(|members: BTreeSet<&Address>| one_cycle(edges, &members))
        .collect();
    cycles.sort_unstable();
    cycles
}

/// Follows references inside a strongly connected component from its first member until it comes back.
fn one_cycle(edges: &Edges, members: &BTreeSet<&Address>) -> Option<Vec<Address>> {
    let start = *members.first()?;
    let mut paths = vec![vec![start]];
    let mut seen = BTreeSet::new();
    // Breadth first: the shortest cycle is the easiest to understand.
    while !paths.is_empty() {
        let mut longer = Vec::new();
        for path in paths {
            let last = path[path.len() - 1];
            for next in edges[last].iter().filter(|next| members.contains(next)) {
                if next == start {
                    return Some(path.into_iter().cloned().collect());
                }
                if seen.insert(next) {
                    let mut path = path.clone();
                    path.push(next);
                    longer.push(path);
                }
            }
        }
        paths = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(pairs: &[(&str, &[&str])]) -> Edges {
        pairs
            .iter()
            .map(|(name, needs)| {
                let needs = needs.iter().map(|need| Address::new("x", need)).collect();
                (Address::new("x", name), needs)
            })
            .collect()
    }

    fn names(addresses: &[Address]) -> String {
        let names: Vec<_> = addresses
            .iter()
            .map(|address| address.name.as_str())
            .collect();
        names.join(" ")
    }

    #[test]
    fn what_is_needed_comes_first_and_names_decide_the_rest() {
        let order = order(&edges(&[
            ("a", &["d"]),
            ("b", &[]),
            ("c", &["a", "unknown"]),
            ("d", &[]),
        ]));
        assert_eq!(names(&order.unwrap()), "b d a c");
    }

    #[test]
    fn what_is_needed_of_what_is_needed_is_needed() {
        let all = edges(&[
            ("a", &["b"]),
            ("b", &["c", "unknown"]),
            ("c", &["b"]),
            ("d", &["a"]),
        ]);
        let kept = needed(&all, |address| address.name == "a");
        let kept: Vec<_> = kept.keys().cloned().collect();
        assert_eq!(names(&kept), "a b c");
    }

    #[test]
    fn every_cycle_is_named_in_its_direction() {
        let cycles = order(&edges(&[
            ("a", &["c"]),
            ("b", &["a"]),
            ("c", &["b"]),
            ("d", &["d"]),
            ("e", &["a", "d"]),
        ]))
        .unwrap_err();
        let cycles: Vec<_> = cycles.iter().map(|cycle| names(cycle)).collect();
        assert_eq!(cycles, ["a c b", "d"]);
    }
}
