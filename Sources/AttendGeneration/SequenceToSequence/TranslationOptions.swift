import AttendBase

/// How an encoder-decoder searches for a target.
public struct TranslationOptions: Sendable, Hashable {
  /// Hypotheses that are followed at the same time; 1 is greedy.
  public var beams: Int
  /// α in the score log P(target | source) / |target|^α by which finished hypotheses are compared; |target| counts the
  /// token that ends it. 0 prefers short targets, 1 compares the means per token. It is the penalty of Hugging Face's
  /// `length_penalty`; Wu et al. 2016, arXiv:1609.08144, §7, has ((5 + |target|) / 6)^α in its place.
  public var lengthPenalty: Float
  /// At most this many tokens, the end included; nil for twice the source's and 32 more, within the model's limit.
  public var maxTokens: Int?
  /// Whether to tell which source tokens each target token was predicted from. Costs one more pass.
  public var alignment: Bool

  public init(beams: Int = 4, lengthPenalty: Float = 1, maxTokens: Int? = nil, alignment: Bool = false) {
    self.beams = beams
    self.lengthPenalty = lengthPenalty
    self.maxTokens = maxTokens
    self.alignment = alignment
  }

  /// The most probable token at each step.
  public static let greedy = TranslationOptions(beams: 1)

  /// - Throws: `invalid-input` for a value that has no meaning.
  package func check() throws(AttendError) {
    guard (1...64).contains(beams) else {
      throw AttendError(.invalidInput, "a search with \(beams) beams", hint: "ask for 1 (greedy) to 64")
    }
    guard lengthPenalty.isFinite, (0...16).contains(lengthPenalty) else {
      throw AttendError(
        .invalidInput, "a length penalty of \(lengthPenalty)", hint: "0 is none, 1 is usual, at most 16")
    }
    if let maxTokens, maxTokens < 1 {
      throw AttendError(.invalidInput, "a target of \(maxTokens) tokens was asked for", hint: "ask for 1 or more")
    }
  }
}

/// What an encoder-decoder made of one source.
public struct TargetSequence: Sendable {
  /// Without the token that ends it.
  public var tokens: [Int32]
  /// log P(target | source) / |target|^α.
  public var score: Double
  /// Whether the model ended it; otherwise it was cut at the longest allowed length.
  public var isComplete: Bool
  /// On request: `[target][source]`, the weights with which each target token, the end included where there is one, was
  /// predicted from the source's tokens, its end included. Rows add up to 1.
  public var alignment: [[Float]]?
}
