//! Circles in a directed graph.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The nodes by name, each with the nodes to which an edge leads.
pub(super) type Graph = BTreeMap<String, BTreeSet<String>>;

/// The sets of two or more nodes each of which leads to all others of its set, in the order of the names.
pub(super) fn circles(graph: &Graph) -> Vec<BTreeSet<String>> {
    let reached: BTreeMap<_, _> = graph.keys().map(|node| (node, reach(graph, node))).collect();
    let mut seen = BTreeSet::new();
    let mut circles = Vec::new();
    for (node, reaches) in &reached {
        let comes_back = |other: &&String| reached.get(other).is_some_and(|reaches| reaches.contains(*node));
        let circle: BTreeSet<String> = reaches.iter().filter(comes_back).cloned().collect();
        if circle.len() > 1 && seen.insert(circle.clone()) {
            circles.push(circle);
        }
    }
    circles
}

/// A shortest way round that begins with the first node of the circle, without that node at its end.
pub(super) fn way_round(graph: &Graph, circle: &BTreeSet<String>) -> Vec<String> {
    let Some(first) = circle.first() else { return Vec::new() };
    let mut ways = VecDeque::from([vec![first.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let edges = way.last().and_then(|last| graph.get(last)).into_iter().flatten();
        for next in edges.filter(|next| circle.contains(*next)) {
            if next == first {
                return way;
            }
            if seen.insert(next) {
                ways.push_back([way.as_slice(), std::slice::from_ref(next)].concat());
            }
        }
    }
    Vec::new()
}

/// All nodes to which a way leads; the node itself is among them if a way leads back.
fn reach(graph: &Graph, node: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        for next in graph.get(node).into_iter().flatten() {
            if reached.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::{Graph, circles, way_round};

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph.entry((*to).to_owned()).or_default();
            graph.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        graph
    }

    #[test]
    fn a_graph_that_only_points_down_has_no_circle() {
        assert!(circles(&graph(&[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")])).is_empty());
    }

    #[test]
    fn two_circles_are_told_apart_and_each_has_a_way_round() {
        let graph = graph(&[("a", "b"), ("b", "c"), ("c", "a"), ("a", "c"), ("c", "x"), ("x", "y"), ("y", "x")]);
        let circles = circles(&graph);
        let names: Vec<_> = circles.iter().map(|circle| circle.iter().cloned().collect::<String>()).collect();
        assert_eq!(names, ["abc", "xy"]);
        assert_eq!(way_round(&graph, &circles[0]), ["a", "c"]);
    }
}
