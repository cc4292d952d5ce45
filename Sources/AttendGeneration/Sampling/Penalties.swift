import AttendBase

/// What tokens lose because they have occurred. Nothing by default.
public struct TokenPenalties: Sendable, Hashable {
  /// Positive logits of tokens in prompt or answer are divided by this, negative ones multiplied. Keskar et al. 2019,
  /// arXiv:1909.05858.
  public var repetition: Float
  /// Subtracted from the logits of tokens in the answer.
  public var presence: Float
  /// Subtracted from the logits of tokens in the answer, as often as they are in it.
  public var frequency: Float
  /// Only so many of the last tokens count; nil for all.
  public var window: Int?

  public init(repetition: Float = 1, presence: Float = 0, frequency: Float = 0, window: Int? = nil) {
    self.repetition = repetition
    self.presence = presence
    self.frequency = frequency
    self.window = window
  }

  var changesNothing: Bool { repetition == 1 && presence == 0 && frequency == 0 }

  func check() throws(AttendError) {
    guard repetition.isFinite, repetition > 0 else {
      throw AttendError(.invalidInput, "a repetition penalty of \(repetition)", hint: "1 is none, 1.1 is common")
    }
    guard presence.isFinite, frequency.isFinite else {
      throw AttendError(
        .invalidInput, "penalties of \(presence) for presence and \(frequency) for frequency",
        hint: "0 is none, 0.5 is common")
    }
    if let window, window < 1 {
      throw AttendError(.invalidInput, "penalties for the last \(window) tokens", hint: "leave it out to count all")
    }
  }
}

/// Discourages what would go on with a sequence that has occurred before ("DRY", p-e-w 2024): a token that would make a
/// repetition of n tokens one longer loses multiplier · base^(n − allowedLength).
public struct RepetitionPenalty: Sendable, Hashable {
  /// How strong it is; 0.8 is common.
  public var multiplier: Float
  /// By how much each further token of the repetition costs more.
  public var base: Float
  /// Repetitions shorter than this cost nothing.
  public var allowedLength: Int
  /// Only so many of the last tokens are searched; nil for all.
  public var window: Int?
  /// Tokens with one of these strings in them end a repetition.
  public var breakers: [String]

  public init(
    multiplier: Float = 0.8, base: Float = 1.75, allowedLength: Int = 2, window: Int? = nil,
    breakers: [String] = ["\n", ":", "\"", "*"]
  ) {
    self.multiplier = multiplier
    self.base = base
    self.allowedLength = allowedLength
    self.window = window
    self.breakers = breakers
  }

  func check() throws(AttendError) {
    guard multiplier.isFinite, multiplier >= 0, base.isFinite, base >= 1, allowedLength >= 1, window ?? 1 >= 1 else {
      throw AttendError(
        .invalidInput,
        "a penalty for repetition of \(multiplier) · \(base)^(length - \(allowedLength)) over \(window ?? 0) tokens",
        hint: "the multiplier is 0 or more, the base 1 or more, the lengths are 1 or more")
    }
  }
}
