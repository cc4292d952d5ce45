import AttendTensor

/// Pages of keys and values that requests share, by what they hold: the way from the root to a page spells the tokens
/// (and phases) from the start of a text to the page's end.
///
/// Pages on the way of a running request are pinned. The others are kept for later requests and go, the least recently
/// used first, when memory is needed: of a way the end goes first, since what lies before it is newer.
struct PrefixTree {
  typealias Slot = Int
  static let root: Slot = 0

  private struct Node {
    /// 64 of them, fewer at the end of a text: such a page has no children and is never pinned, only copied.
    var tokens: [PhasedToken] = []
    var page: KeyValueCache.Page?
    var name: UInt64 = 0
    var parent: Slot = PrefixTree.root
    var children: [Slot] = []
    var pins = 0
    /// Neighbours in the order of use, of pages that nobody pins.
    var newer: Slot = PrefixTree.root
    var older: Slot = PrefixTree.root
  }

  /// The root is the anchor of the order of use: `older` is the newest page, `newer` the oldest.
  private var nodes = [Node()]
  private var unused: [Slot] = []
  private var whole: [UInt64: Slot] = [:]
  private(set) var pageCount = 0
  /// Pages that nobody pins.
  private(set) var idleCount = 0

  func page(_ slot: Slot) -> KeyValueCache.Page? { nodes[slot].page }

  // MARK: Finding

  /// The child of `parent` that holds exactly a whole page of tokens.
  func child(of parent: Slot, name: UInt64, tokens: ArraySlice<PhasedToken>) -> Slot? {
    guard let slot = whole[name], nodes[slot].parent == parent, tokens.elementsEqual(nodes[slot].tokens) else {
      return nil
    }
    return slot
  }

  /// The child of `parent` that shares most tokens from its beginning, and how many; nil when none shares any.
  func closest(to tokens: ArraySlice<PhasedToken>, under parent: Slot) -> (slot: Slot, count: Int)? {
    var best: (slot: Slot, count: Int)?
    for slot in nodes[parent].children {
      let count = zip(nodes[slot].tokens, tokens).prefix { $0 == $1 }.count
      if count > best?.count ?? 0 { best = (slot, count) }
    }
    return best
  }

  // MARK: Growing

  /// Adds a whole page, pinned once, under a pinned parent that has no such child.
  /// - Returns: nil when another page goes by that name.
  mutating func insert(
    _ page: KeyValueCache.Page, tokens: ArraySlice<PhasedToken>, name: UInt64, under parent: Slot
  ) -> Slot? {
    guard whole[name] == nil else { return nil }
    removeEnd(continuedBy: tokens, under: parent)
    let slot = add(page, tokens, under: parent)
    nodes[slot].name = name
    nodes[slot].pins = 1
    whole[name] = slot
    return slot
  }

  /// Adds the last page of a text, unless the tree has it.
  /// - Returns: whether the tree keeps the page.
  mutating func insertEnd(
    _ page: KeyValueCache.Page, tokens: ArraySlice<PhasedToken>, under parent: Slot
  ) -> Bool {
    if let (slot, count) = closest(to: tokens, under: parent), count == tokens.count {
      touch(slot)
      return false
    }
    removeEnd(continuedBy: tokens, under: parent)
    let slot = add(page, tokens, under: parent)
    link(slot)
    return true
  }

  /// An unfinished page is of no more use when another one continues it.
  private mutating func removeEnd(continuedBy tokens: ArraySlice<PhasedToken>, under parent: Slot) {
    if let (slot, count) = closest(to: tokens, under: parent), count == nodes[slot].tokens.count,
      count < KeyValueCache.pagePositions
    {
      remove(slot)
    }
  }

  private mutating func add(_ page: KeyValueCache.Page, _ tokens: ArraySlice<PhasedToken>, under parent: Slot) -> Slot {
    let slot = unused.popLast() ?? nodes.count
    let node = Node(tokens: Array(tokens), page: page, parent: parent)
    if slot == nodes.count { nodes.append(node) } else { nodes[slot] = node }
    nodes[parent].children.append(slot)
    pageCount += 1
    return slot
  }

  // MARK: Use

  /// Keeps a page whose parent is pinned.
  mutating func pin(_ slot: Slot) {
    if nodes[slot].pins == 0 { unlink(slot) }
    nodes[slot].pins += 1
  }

  /// Lets go of a way from the root.
  mutating func unpin(_ way: [Slot]) {
    for slot in way.reversed() {
      nodes[slot].pins -= 1
      if nodes[slot].pins == 0 { link(slot) }
    }
  }

  /// Counts a page as just used whose parent is pinned.
  mutating func touch(_ slot: Slot) {
    guard nodes[slot].pins == 0 else { return }
    unlink(slot)
    link(slot)
  }

  /// Removes the page that has not been used for longest.
  /// - Returns: whether there was one.
  mutating func evictOldest() -> Bool {
    let slot = nodes[Self.root].newer
    guard slot != Self.root else { return false }
    assert(nodes[slot].children.isEmpty)
    remove(slot)
    return true
  }

  private mutating func remove(_ slot: Slot) {
    unlink(slot)
    let parent = nodes[slot].parent
    if let index = nodes[parent].children.firstIndex(of: slot) {
      nodes[parent].children.swapAt(index, nodes[parent].children.count - 1)
      nodes[parent].children.removeLast()
    }
    if whole[nodes[slot].name] == slot { whole[nodes[slot].name] = nil }
    nodes[slot] = Node()
    unused.append(slot)
    pageCount -= 1
  }

  private mutating func link(_ slot: Slot) {
    let newest = nodes[Self.root].older
    nodes[slot].older = newest
    nodes[slot].newer = Self.root
    nodes[newest].newer = slot
    nodes[Self.root].older = slot
    idleCount += 1
  }

  private mutating func unlink(_ slot: Slot) {
    let (newer, older) = (nodes[slot].newer, nodes[slot].older)
    nodes[newer].older = older
    nodes[older].newer = newer
    idleCount -= 1
  }
}
