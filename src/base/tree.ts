/** @file Named parameter trees: nested records of leaves, addressed by dotted paths ('dense1.weight'). */

/** Leaves of one kind under names, nested to any depth. */
export type Tree<T> = T | { readonly [name: string]: Tree<T> } | readonly Tree<T>[]

/** Every leaf with its dotted path, in the order in which the tree holds them; a bare leaf has the path ''. */
export function leaves<T>(tree: Tree<T>, isLeaf: (node: unknown) => node is T): [path: string, leaf: T][] {
  const found: [string, T][] = []
  walk(tree, isLeaf, '', (path, leaf) => {
    found.push([path, leaf])
    return leaf
  })
  return found
}

/** The same tree with every leaf replaced. */
export function mapTree<T, U>(
  tree: Tree<T>,
  isLeaf: (node: unknown) => node is T,
  replace: (leaf: T, path: string) => U,
): Tree<U> {
  return walk(tree, isLeaf, '', (path, leaf) => replace(leaf, path))
}

function walk<T, U>(
  node: Tree<T>,
  isLeaf: (node: unknown) => node is T,
  path: string,
  visit: (path: string, leaf: T) => U,
): Tree<U> {
  if (isLeaf(node)) return visit(path, node)
  const below = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`)
  if (Array.isArray(node)) return (node as readonly Tree<T>[]).map((child, i) => walk(child, isLeaf, below(i), visit))
  const entries = Object.entries(node as { readonly [name: string]: Tree<T> })
  return Object.fromEntries(entries.map(([name, child]) => [name, walk(child, isLeaf, below(name), visit)]))
}
