#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much of the word groups of translations is found in their references. Papineni et al. 2002, in the definition of
/// sacreBLEU (Post 2018, arXiv:1804.08771): tokens by mteval-v13a, groups of one to four, one reference, exponential
/// smoothing, case kept.
///
///     BLEU = brevity penalty · exp(¼ Σₙ log precisionₙ)
public struct BLEU: Sendable, Equatable {
  /// What sacreBLEU calls this definition.
  public static let signature = "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp"
  static let order = 4

  /// Groups of n + 1 tokens that occur in the reference as well, each at most as often as there.
  public private(set) var matches = [Int](repeating: 0, count: BLEU.order)
  /// All groups of n + 1 tokens of the translations.
  public private(set) var totals = [Int](repeating: 0, count: BLEU.order)
  /// Tokens of all translations, and of all references.
  public private(set) var length = 0
  public private(set) var referenceLength = 0

  public init() {}

  /// Counts a translation. The order of calls is of no importance.
  public mutating func add(_ translation: String, reference: String) {
    let (tokens, expected) = (Tokenizer13a.tokens(translation), Tokenizer13a.tokens(reference))
    length += tokens.count
    referenceLength += expected.count
    for size in 1...BLEU.order {
      let known = BLEU.groups(expected, size)
      for (group, count) in BLEU.groups(tokens, size) {
        totals[size - 1] += count
        matches[size - 1] += min(count, known[group] ?? 0)
      }
    }
  }

  private static func groups(_ tokens: [[UInt8]], _ size: Int) -> [[UInt8]: Int] {
    var counts: [[UInt8]: Int] = [:]
    guard tokens.count >= size else { return counts }
    // No token holds a space.
    for start in 0...tokens.count - size {
      counts[Array(tokens[start..<start + size].joined(separator: [0x20])), default: 0] += 1
    }
    return counts
  }

  /// Percentages of matching groups of one to four tokens; one without a match counts as half, a quarter, … of a match.
  public var precisions: [Double] {
    var smoothing = 1.0
    return zip(matches, totals).map { matches, total in
      guard total > 0 else { return 0 }
      if matches > 0 { return 100 * Double(matches) / Double(total) }
      smoothing *= 2
      return 100 / (smoothing * Double(total))
    }
  }

  /// exp(1 − references / translations) for translations that are too short, else 1.
  public var brevityPenalty: Double {
    if length >= referenceLength { return 1 }
    return length > 0 ? exp(1 - Double(referenceLength) / Double(length)) : 0
  }

  /// From 0 to 100.
  public var score: Double {
    let precisions = precisions
    guard matches.contains(where: { $0 > 0 }), !precisions.contains(0) else { return 0 }
    return brevityPenalty * exp(precisions.reduce(0) { $0 + log($1) } / Double(BLEU.order))
  }
}
