import AttendBase

/// A search for the most probable answer, where sampling takes the tokens one by one as they come.
public struct BeamOptions: Sendable, Hashable {
  /// Hypotheses that are followed at the same time; 1 is greedy.
  public var beams: Int
  /// α in the score log P(answer | prompt) / |answer|^α by which finished hypotheses are compared; |answer| counts the
  /// token that ends it. 0 prefers short answers, 1 compares the means per token. Hugging Face's `length_penalty`.
  public var lengthPenalty: Float
  /// Whether the search ends as soon as there are as many finished hypotheses as beams; otherwise it goes on while an open
  /// one scores better than the worst of them. Hugging Face's `early_stopping`.
  public var stopsEarly: Bool
  /// At most this many tokens, the end included; nil until the model's context is full. Answers that are cut there
  /// compete with those that the model ended.
  public var maxTokens: Int?
  /// Tokens that end an answer, besides the model's own.
  public var stopTokens: Set<Int32> = []
  /// Goes on after the model's own tokens for the end of a text.
  public var ignoresEndOfText = false
  /// What the answer has to look like; nil for anything. Tokens that are ruled out keep their share of the probability.
  public var constraint: Constraint?

  public init(beams: Int = 4, lengthPenalty: Float = 1, stopsEarly: Bool = false, maxTokens: Int? = nil) {
    self.beams = beams
    self.lengthPenalty = lengthPenalty
    self.stopsEarly = stopsEarly
    self.maxTokens = maxTokens
  }

  /// - Throws: `invalid-input` for a value that has no meaning.
  package func check() throws(AttendError) {
    guard (1...64).contains(beams) else {
      throw AttendError(.invalidInput, "a search with \(beams) beams", hint: "ask for 1 (greedy) to 64")
    }
    guard lengthPenalty.isFinite, (-16...16).contains(lengthPenalty) else {
      throw AttendError(
        .invalidInput, "a length penalty of \(lengthPenalty)", hint: "0 is none, 1 is usual, from -16 to 16")
    }
    if let maxTokens, maxTokens < 1 {
      throw AttendError(.invalidInput, "a text of \(maxTokens) tokens was asked for", hint: "ask for 1 or more")
    }
  }
}

/// What a beam search found.
public struct BeamAnswers: Sendable {
  public struct Answer: Sendable {
    /// Without the token that ends it.
    public var tokens: [Int32]
    /// Without control tokens; empty for a model without a tokenizer.
    public var text: String
    /// log P(answer | prompt) / |answer|^α; see ``BeamOptions/lengthPenalty``.
    public var score: Double
    /// `endOfText` or `length`.
    public var reason: GenerationSummary.Reason
  }

  /// Best first, at most as many as beams, at least one.
  public var answers: [Answer]
  public var promptTokens: Int
  /// Steps of the model after the prompt.
  public var steps: Int
  /// Reading the prompt, in seconds.
  public var promptSeconds: Double
  /// All further steps, in seconds.
  public var decodeSeconds: Double
}
