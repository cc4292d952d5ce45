import AttendBase
import AttendTensor

/// The memory of keys and values: pages that requests own and pages of the prefix tree, within one budget. A shared page
/// counts once.
struct PageStore {
  /// Pages that there may be.
  let capacity: Int
  /// Pages that may be kept for nobody.
  let idleLimit: Int
  private(set) var tree = PrefixTree()
  /// Pages that requests own or have been promised.
  private(set) var granted = 0

  init(capacity: Int, idleLimit: Int) {
    self.capacity = capacity
    self.idleLimit = idleLimit
  }

  var used: Int { tree.pageCount + granted }
  /// Pages that could be had without taking any from a running request.
  var available: Int { capacity - used + tree.idleCount }

  // MARK: A request's pages

  /// Promises pages to a request; remembered ones make room.
  /// - Returns: whether there were so many.
  mutating func grant(_ count: Int, to request: RunningRequest) -> Bool {
    guard count <= available else { return false }
    while capacity - used < count, tree.evictOldest() {}
    granted += count
    request.grantedPages += count
    return true
  }

  /// Starts a request's empty cache with whole pages that hold the beginning of its text, and finds the page that goes on
  /// with most of it, to be copied. At least one token is left to compute, since only a pass gives logits.
  mutating func pickUpBeginning(_ request: RunningRequest) -> (page: KeyValueCache.Page, count: Int)? {
    pickUpPages(request)
    let start = request.cache.length
    let rest = request.tokens[start..<max(start, request.tokens.count - 1)].prefix(KeyValueCache.pagePositions)
    guard !rest.isEmpty, let (slot, count) = tree.closest(to: rest, under: request.path.last ?? PrefixTree.root),
      let page = tree.page(slot)
    else { return nil }
    tree.touch(slot)
    return (page, count)
  }

  /// Continues a request's cache with whole pages that others have computed, as far as there are any.
  mutating func pickUpPages(_ request: RunningRequest) {
    let size = KeyValueCache.pagePositions
    request.names.extend(to: request.tokens)
    while request.cache.length == request.path.count * size {
      let index = request.path.count
      guard (index + 1) * size < request.tokens.count,
        let slot = tree.child(
          of: request.path.last ?? PrefixTree.root, name: request.names.names[index],
          tokens: request.tokens[index * size..<(index + 1) * size]),
        let page = tree.page(slot)
      else { return }
      tree.pin(slot)
      request.path.append(slot)
      request.cache.append(page, count: size)
      takeBackGrant(of: request)
    }
  }

  /// Puts whole pages that a request has computed into the tree, where others find them.
  mutating func share(_ request: RunningRequest) {
    let size = KeyValueCache.pagePositions
    request.names.extend(to: request.tokens)
    while !request.keepsToItself, (request.path.count + 1) * size <= request.cache.length {
      let index = request.path.count
      let parent = request.path.last ?? PrefixTree.root
      let tokens = request.tokens[index * size..<(index + 1) * size]
      let name = request.names.names[index]
      if let slot = tree.child(of: parent, name: name, tokens: tokens), let page = tree.page(slot) {
        // Another request was faster. Its page holds the same bits: one of the two is enough.
        tree.pin(slot)
        request.cache.replacePage(index, by: page)
        request.path.append(slot)
      } else if let slot = tree.insert(request.cache.page(index), tokens: tokens, name: name, under: parent) {
        request.path.append(slot)
      } else {
        request.keepsToItself = true
        return
      }
      takeBackGrant(of: request)
    }
  }

  /// Takes everything from a request that is interrupted or over; what it has computed is kept as long as there is room.
  mutating func release(_ request: RunningRequest) {
    share(request)
    let start = request.path.count * KeyValueCache.pagePositions
    let rest = start..<max(start, min(request.cache.length, start + KeyValueCache.pagePositions - 1))
    granted -= request.grantedPages
    request.grantedPages = 0
    if !request.keepsToItself, !rest.isEmpty, capacity > used {
      _ = tree.insertEnd(
        request.cache.page(request.path.count), tokens: request.tokens[rest],
        under: request.path.last ?? PrefixTree.root)
    }
    tree.unpin(request.path)
    request.path = []
    request.cache = request.emptyCache()
    while tree.idleCount > idleLimit, tree.evictOldest() {}
  }

  /// A page of the request has become one of the tree.
  private mutating func takeBackGrant(of request: RunningRequest) {
    guard request.grantedPages > 0 else { return }
    request.grantedPages -= 1
    granted -= 1
  }
}
