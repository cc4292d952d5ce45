import AttendBase
import AttendTensor

/// What a request leaves for the next one: the keys and values of the tokens it has seen. The next request starts where
/// the two differ.
///
/// Only one request has it at a time; another one at the same time starts from nothing.
package final class PrefixMemory: Sendable {
  struct Contents: Sendable {
    /// One id for each complete position of the cache.
    var ids: [Int32]
    var cache: KeyValueCache
  }

  private let contents = Locked<Contents?>(nil)

  package init() {}

  func take() -> Contents? {
    contents.withLock { contents in
      defer { contents = nil }
      return contents
    }
  }

  func put(_ new: Contents) { contents.withLock { $0 = new } }
}
