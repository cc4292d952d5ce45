import AttendText

/// What a request reports, in this order: `started`, then tokens and text, then `finished`.
public enum GenerationEvent: Sendable, Equatable {
  /// The prompt is about to be read.
  /// - Parameters:
  ///   - promptTokens: its length.
  ///   - reusedTokens: how many of them were remembered from an earlier request and need no work.
  case started(promptTokens: Int, reusedTokens: Int)
  /// A token was chosen. Tokens that end a text are not reported.
  case token(Int32)
  /// How probable the token before was, when ``GenerationOptions/logProbabilities`` asks for it.
  case logProbabilities(LogProbabilities)
  /// Text that has become certain: never half a character, never part of a stop string.
  case text(String)
  /// The model wants a function called, when ``GenerationOptions/toolCalls`` says how it writes that.
  case toolCall(ToolCall)
  case finished(GenerationSummary)
}

/// How a request ended, and what it took.
public struct GenerationSummary: Sendable, Equatable {
  public enum Reason: Sendable, Equatable {
    /// The model ended its text with this token.
    case endOfText(Int32)
    /// The text came to a stop string.
    case stop(String)
    /// The text does all that its constraint asks for, and nothing may follow.
    case complete
    /// The wanted number of tokens, or the end of the model's context.
    case length
    /// The caller had enough.
    case cancelled
  }

  public var reason: Reason
  public var promptTokens: Int
  /// Prompt tokens that were remembered from an earlier request.
  public var reusedTokens: Int
  /// Tokens reported by `token` events.
  public var generatedTokens: Int
  /// Tokens that were guessed ahead; see ``Speculation``.
  public var draftedTokens = 0
  /// Of these, tokens that came true, each of which saved a step.
  public var acceptedTokens = 0
  /// Reading the prompt, in seconds, up to the choice of the first token.
  public var promptSeconds: Double
  /// All steps after the first token, in seconds.
  public var decodeSeconds: Double
  /// From the call to the first token, time in the queue included, in seconds; nil when there was none.
  public var secondsToFirstToken: Double?

  /// Prompt tokens read per second.
  public var promptTokensPerSecond: Double {
    promptSeconds > 0 ? Double(promptTokens - reusedTokens) / promptSeconds : 0
  }
  /// Tokens after the first, per second.
  public var tokensPerSecond: Double {
    decodeSeconds > 0 ? Double(max(generatedTokens - 1, 0)) / decodeSeconds : 0
  }
}
