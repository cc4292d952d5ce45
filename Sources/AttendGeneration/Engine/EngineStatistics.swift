/// What an engine holds at the moment and what it has done so far.
public struct EngineStatistics: Sendable, Hashable {
  /// Requests that take part in each step.
  public var running = 0
  /// Requests that wait for a place.
  public var waiting = 0
  /// Bytes of keys and values: of running requests and those that are kept for later ones.
  public var cacheBytes = 0
  /// Of these, kept for later requests.
  public var idleCacheBytes = 0
  /// The most that `cacheBytes` may be.
  public var cacheBytesLimit = 0

  /// Passes for tokens of answers, and the rows of all of them.
  public var decodePasses = 0
  public var decodeRows = 0
  /// Passes for prompts, and the rows of all of them.
  public var promptPasses = 0
  public var promptRows = 0
  /// How often a request gave its memory to another one, to be continued later.
  public var interruptions = 0
  /// Tokens that were guessed ahead, and how many of them were right.
  public var draftedTokens = 0
  public var acceptedTokens = 0

  public init() {}
}
