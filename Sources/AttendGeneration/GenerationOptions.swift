import AttendBase

/// What a caller may wish of a request.
public struct GenerationOptions: Sendable, Hashable {
  public var sampling: Sampling
  /// At most this many tokens; nil until the model ends its text or its context is full.
  public var maxTokens: Int?
  /// Strings that end the text and are not part of it.
  public var stopStrings: [String]
  /// Tokens that end the text, besides the model's own.
  public var stopTokens: Set<Int32>
  /// Goes on after the model's own tokens for the end of a text.
  public var ignoresEndOfText: Bool
  /// What the text has to look like; nil for anything. Where it allows no more than what is there, the text ends
  /// (``GenerationSummary/Reason/complete``). Control tokens never come.
  public var constraint: Constraint?
  /// How the model writes calls of functions, which then come as events of their own; nil for text only.
  public var toolCalls: ToolCallFormat?
  /// Reports with each token how probable it was and so many of the most probable ones, 0 or more; nil for nothing.
  public var logProbabilities: Int?
  /// Of the requests that wait, those of higher priority come first; when memory runs out, those of lower priority give
  /// way. From −100 to 100; waiting raises it by and by (``EngineOptions/agingSeconds``).
  public var priority = 0
  /// How tokens are guessed ahead to save time; never changes the answer. nil takes the engine's draft model if it has
  /// one, else `promptLookup`.
  public var speculation: Speculation?

  public init(
    sampling: Sampling = .greedy, maxTokens: Int? = nil, stopStrings: [String] = [], stopTokens: Set<Int32> = [],
    ignoresEndOfText: Bool = false
  ) {
    self.sampling = sampling
    self.maxTokens = maxTokens
    self.stopStrings = stopStrings
    self.stopTokens = stopTokens
    self.ignoresEndOfText = ignoresEndOfText
  }

  /// The options of one of several answers: with a seed each has one of its own, the first that of `self`.
  public func forSample(_ index: Int) -> GenerationOptions {
    var options = self
    options.sampling.seed = sampling.seed.map { $0 &+ UInt64(truncatingIfNeeded: index) }
    return options
  }

  func check() throws(AttendError) {
    try sampling.check()
    if let maxTokens, maxTokens < 1 {
      throw AttendError(.invalidInput, "a text of \(maxTokens) tokens was asked for", hint: "ask for 1 or more")
    }
    if let logProbabilities, !(0...1000).contains(logProbabilities) {
      throw AttendError(
        .invalidInput, "\(logProbabilities) log-probabilities for each token were asked for", hint: "ask for 0 to 1000")
    }
    guard (-100...100).contains(priority) else {
      throw AttendError(.invalidInput, "a priority of \(priority)", hint: "it is from -100 to 100")
    }
    if stopStrings.contains(where: \.isEmpty) {
      throw AttendError(.invalidInput, "a stop string is empty", hint: "leave it out")
    }
  }
}
