import AttendBase

/// How the next token is chosen from the model's logits.
///
/// The order is the reference implementation's: temperature, then the `topK` most probable tokens, then the smallest
/// set of most probable tokens that together reach `topP`, then a draw among those that are left.
public struct Sampling: Sendable, Hashable {
  /// Divides the logits; 0 always takes the most probable token.
  public var temperature: Float
  /// Only this many of the most probable tokens (and those that tie with the last of them).
  public var topK: Int?
  /// Only the most probable tokens that together have this probability. Holtzman et al. 2020, arXiv:1904.09751.
  public var topP: Float?
  /// The same seed gives the same tokens, whatever the number of threads. nil takes another one for each request.
  public var seed: UInt64?

  public init(temperature: Float = 1, topK: Int? = nil, topP: Float? = nil, seed: UInt64? = nil) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
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
  }
}
