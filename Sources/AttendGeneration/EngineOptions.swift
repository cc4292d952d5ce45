import AttendBase
import AttendTensor

/// How much an engine takes on.
public struct EngineOptions: Sendable, Hashable {
  /// Bytes for keys and values of all requests. nil takes a quarter of the memory that the process may use.
  public var cacheBytes: Int?
  /// Of these, bytes for keys and values that no running request needs but a later one with the same beginning may. nil
  /// takes an eighth.
  public var prefixBytes: Int?
  /// Of `cacheBytes`, bytes for the keys and values of a draft model, when there is one. nil takes an eighth.
  public var draftBytes: Int?
  /// Requests that take part in each step; others wait.
  public var maxRunning = 64
  /// Requests that may wait; a further one is refused with `overloaded`.
  public var maxQueued = 1024
  /// Tokens of prompts in one pass while nobody waits for the next token.
  public var promptChunk = 512
  /// Tokens of prompts between two steps of those that wait for the next token.
  public var promptChunkWhileDecoding = 128
  /// A request gains one level of priority for each time that it has waited so long, so none waits forever.
  public var agingSeconds = 2.0

  public init() {}

  /// - Throws: `invalid-input` for a value that has no meaning.
  func check() throws(AttendError) {
    for (name, value) in [
      ("running requests", maxRunning), ("waiting requests", maxQueued),
      ("tokens of a prompt in one pass", promptChunk),
      ("tokens of a prompt between two steps", promptChunkWhileDecoding),
    ] where !(1...1 << 20).contains(value) {
      throw AttendError(
        .invalidInput, "the engine was told to have \(value) \(name)", hint: "1 to 1048576 are possible")
    }
    for bytes in [cacheBytes, prefixBytes, draftBytes] {
      if let bytes, bytes < 0 { throw AttendError(.invalidInput, "a cache of \(bytes) bytes", hint: "give 0 or more") }
    }
    guard agingSeconds > 0 else {
      throw AttendError(.invalidInput, "aging after \(agingSeconds) seconds", hint: "give more than 0")
    }
  }

  /// Bytes for the model's own keys and values, those of them that nobody needs at the moment, and bytes for a draft model's.
  func bytes(withDraftModel: Bool) -> (own: Int, idle: Int, draft: Int) {
    let all = cacheBytes ?? max(PhysicalMemory.bytes / 4, 64 << 20)
    let draft = withDraftModel ? min(draftBytes ?? all / 8, all) : 0
    return (all - draft, min(prefixBytes ?? all / 8, all - draft), draft)
  }
}
