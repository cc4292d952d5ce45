import AttendBase

/// How the next token is chosen from the model's logits.
///
/// The order is the reference implementation's: bias and penalties, temperature, `topNSigma`, `topK`, `topP`, `minP`,
/// `typicalP`, then a draw among the tokens that are left. Each filter but the penalties leaves the most probable token or
/// another one in.
public struct Sampling: Sendable, Hashable {
  /// Divides the logits; 0 always takes the most probable token.
  public var temperature: Float
  /// Only this many of the most probable tokens (and those that tie with the last of them).
  public var topK: Int?
  /// Only the most probable tokens that together have this probability. Holtzman et al. 2020, arXiv:1904.09751.
  public var topP: Float?
  /// Only tokens at least this share as probable as the most probable one. Nguyen et al. 2024, arXiv:2407.01082.
  public var minP: Float?
  /// Only the tokens whose surprise is nearest to what is expected and that together have this probability.
  /// Meister et al. 2023, arXiv:2202.00666.
  public var typicalP: Float?
  /// Only tokens whose logits are at most so many standard deviations of all logits below the largest.
  /// Tang et al. 2024, arXiv:2411.07641.
  public var topNSigma: Float?
  /// What tokens that have occurred lose.
  public var penalties = TokenPenalties()
  /// What tokens lose that would repeat a sequence; nil for nothing.
  public var dry: RepetitionPenalty?
  /// Added to the logits of tokens; −∞ rules a token out.
  public var bias: [Int32: Float] = [:]
  /// The same seed gives the same tokens, whatever the number of threads. nil takes another one for each request.
  public var seed: UInt64?

  public init(
    temperature: Float = 1, topK: Int? = nil, topP: Float? = nil, minP: Float? = nil, typicalP: Float? = nil,
    topNSigma: Float? = nil, seed: UInt64? = nil
  ) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
    self.typicalP = typicalP
    self.topNSigma = topNSigma
    self.seed = seed
  }

  /// The most probable token; of equal ones the first.
  public static let greedy = Sampling(temperature: 0)

  public static func temperature(_ temperature: Float, seed: UInt64? = nil) -> Sampling {
    Sampling(temperature: temperature, seed: seed)
  }

  public static func topK(_ count: Int, temperature: Float = 1, seed: UInt64? = nil) -> Sampling {
    Sampling(temperature: temperature, topK: count, seed: seed)
  }

  public static func nucleus(p: Float, temperature: Float = 1, seed: UInt64? = nil) -> Sampling {
    Sampling(temperature: temperature, topP: p, seed: seed)
  }

  public static func minP(_ share: Float, temperature: Float = 1, seed: UInt64? = nil) -> Sampling {
    Sampling(temperature: temperature, minP: share, seed: seed)
  }

  var isGreedy: Bool { temperature == 0 || topK == 1 }

  /// - Throws: `invalid-input` for a value that has no meaning.
  package func check() throws(AttendError) {
    guard temperature.isFinite, temperature >= 0 else {
      throw AttendError(
        .invalidInput, "a temperature of \(temperature)", hint: "0 is greedy, 0.7 is lively, 1 is the model's own")
    }
    if let topK, topK < 1 {
      throw AttendError(.invalidInput, "a choice among the \(topK) most probable tokens", hint: "top-k is 1 or more")
    }
    if let topP, !(topP > 0 && topP <= 1) {
      throw AttendError(.invalidInput, "a nucleus of probability \(topP)", hint: "top-p is above 0 and at most 1")
    }
    if let minP, !(minP >= 0 && minP <= 1) {
      throw AttendError(.invalidInput, "a least share of \(minP)", hint: "min-p is from 0 to 1")
    }
    if let typicalP, !(typicalP > 0 && typicalP <= 1) {
      throw AttendError(
        .invalidInput, "typical tokens of probability \(typicalP)", hint: "typical-p is above 0 and at most 1")
    }
    if let topNSigma, !(topNSigma.isFinite && topNSigma >= 0) {
      throw AttendError(.invalidInput, "\(topNSigma) standard deviations", hint: "top-n-sigma is 0 or more")
    }
    if let (token, value) = bias.first(where: { $0.value.isNaN || $0.value == .infinity }) {
      throw AttendError(.invalidInput, "a bias of \(value) for token \(token)", hint: "give a number or -inf")
    }
    try penalties.check()
    try dry?.check()
  }
}
