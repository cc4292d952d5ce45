import AttendTensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Rotary position embedding: pairs of channels turn by an angle that grows with the position.
/// Su et al. 2021, arXiv:2104.09864. Channel i pairs with i + width/2, as Hugging Face lays them out.
public struct Rotary: Sendable, Hashable {
  /// Turns per position of each pair, in radians: `[width / 2]`.
  let frequencies: [Float]
  /// What takes their place in sequences that may grow beyond the original context.
  let beyond: Beyond?
  /// What cosines and sines are multiplied by: 1 but for YaRN and LongRoPE.
  let magnitude: Float

  enum Beyond: Sendable, Hashable {
    case fixed([Float], context: Int)
    /// The base grows with the sequence.
    case dynamic(base: Float, factor: Float, context: Int)
  }

  /// Cosines and sines of a pass's positions, each `[tokens, width / 2]`.
  public struct Tables: Sendable {
    let cosines: Tensor
    let sines: Tensor
  }

  /// How frequencies stretch for contexts longer than those trained on.
  public enum Scaling: Sendable, Hashable {
    case none
    /// Positions are divided by the factor. Chen et al. 2023, arXiv:2306.15595.
    case linear(factor: Float)
    /// Llama 3.1: long waves are stretched, short ones kept, those between blended.
    case llama3(
      factor: Float, lowFrequencyFactor: Float, highFrequencyFactor: Float, originalContext: Float)
    /// YaRN: pairs that turn often are kept, those that turn seldom stretched; scores sharpen by `magnitude`².
    /// Peng et al. 2023, arXiv:2309.00071.
    /// - Parameters:
    ///   - fastTurns: pairs that turn so often or more in the original context are kept.
    ///   - slowTurns: pairs that turn so seldom or less are stretched.
    ///   - isTruncated: whether the bounds are whole pairs.
    case yarn(
      factor: Float, originalContext: Float, fastTurns: Float, slowTurns: Float, magnitude: Float, isTruncated: Bool)
    /// LongRoPE: each frequency is divided by a factor of its own, by one set of factors where a sequence stays within
    /// the original context and by another where it grows beyond. Ding et al. 2024, arXiv:2402.13753.
    /// - Parameters:
    ///   - short: one for each pair, as `long`.
    case long(short: [Float], long: [Float], originalContext: Int, magnitude: Float)
    /// The base grows with sequences beyond the original context: base · (factor · length / context − factor + 1)
    /// to the power of width / (width − 2). "NTK-aware" scaling, as Hugging Face has it.
    case dynamic(factor: Float, originalContext: Int)
  }

  /// - Parameters:
  ///   - width: channels that turn, an even number.
  ///   - base: θ; the slowest pair turns about once in 2πθ positions.
  ///   - divisors: what each frequency is divided by, as GGUF files give it, `[width / 2]`.
  public init(width: Int, base: Float, scaling: Scaling = .none, divisors: [Float]? = nil) {
    var frequencies = Self.frequencies(width: width, base: base)
    var beyond: Beyond?
    var magnitude: Float = 1
    switch scaling {
    case .none: break
    case .linear(let factor): frequencies = frequencies.map { $0 / factor }
    case .llama3(let factor, let low, let high, let context):
      frequencies = frequencies.map { frequency in
        let wavelength = 2 * Float.pi / frequency
        if wavelength < context / high { return frequency }
        if wavelength > context / low { return frequency / factor }
        let smooth = (context / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
      }
    case .yarn(let factor, let context, let fast, let slow, let sharpening, let isTruncated):
      magnitude = sharpening
      /// The pair, counted in fractions, that turns so often in the original context.
      func pair(turns: Float) -> Float {
        Float(width) * logf(context / (turns * 2 * .pi)) / (2 * logf(base))
      }
      var (low, high) = (pair(turns: fast), pair(turns: slow))
      if isTruncated { (low, high) = (low.rounded(.down), high.rounded(.up)) }
      (low, high) = (max(low, 0), min(high, Float(width - 1)))
      if low == high { high += 0.001 }
      frequencies = frequencies.enumerated().map { pair, frequency in
        let stretched = min(max((Float(pair) - low) / (high - low), 0), 1)
        return frequency / factor * stretched + frequency * (1 - stretched)
      }
    case .long(let short, let long, let context, let sharpening):
      magnitude = sharpening
      beyond = .fixed(Self.frequencies(width: width, base: base, dividedBy: long), context: context)
      frequencies = Self.frequencies(width: width, base: base, dividedBy: short)
    case .dynamic(let factor, let context): beyond = .dynamic(base: base, factor: factor, context: context)
    }
    if let divisors { frequencies = zip(frequencies, divisors).map { $0 / $1 } }
    self.frequencies = frequencies
    self.beyond = beyond
    self.magnitude = magnitude
  }

  /// base^(−2i/width) of each pair, in float32 steps as the reference takes them, so that angles agree at large positions.
  private static func frequencies(width: Int, base: Float, dividedBy factors: [Float]? = nil) -> [Float] {
    (0..<width / 2).map { pair in
      let power = powf(base, Float(2 * pair) / Float(width))
      guard let factors else { return 1 / power }
      return 1 / ((pair < factors.count ? factors[pair] : 1) * power)
    }
  }

  /// The frequencies of a sequence of up to `reach` positions.
  func frequencies(reach: Int) -> [Float] {
    switch beyond {
    case .fixed(let frequencies, let context) where reach > context: return frequencies
    case .dynamic(let base, let factor, let context) where reach > context:
      let width = 2 * frequencies.count
      // A single pair does not turn slower for another base.
      guard width > 2 else { return frequencies }
      let stretch = factor * Float(reach) / Float(context) - (factor - 1)
      return Self.frequencies(width: width, base: base * powf(stretch, Float(width) / Float(width - 2)))
    default: return frequencies
    }
  }

  /// Which frequencies a sequence of up to `reach` positions has: sequences of the same form can share keys.
  public func form(reach: Int) -> Int {
    switch beyond {
    case .fixed(_, let context): reach > context ? 1 : 0
    case .dynamic(_, _, let context): reach > context ? reach : 0
    case nil: 0
    }
  }

  /// - Parameters:
  ///   - positions: of every row.
  ///   - sequences: the rows of each sequence; `reaches`: how many positions each of them may come to.
  func tables(_ positions: [Int], sequences: [Range<Int>], reaches: [Int]) -> Tables {
    let pairs = frequencies.count
    var cosines = [Float](repeating: 0, count: positions.count * pairs)
    var sines = cosines
    for (rows, reach) in zip(sequences, reaches) {
      let frequencies = frequencies(reach: reach)
      for row in rows {
        for pair in 0..<pairs {
          let angle = Float(positions[row]) * frequencies[pair]
          cosines[row * pairs + pair] = cosf(angle) * magnitude
          sines[row * pairs + pair] = sinf(angle) * magnitude
        }
      }
    }
    let shape: Shape = [positions.count, pairs]
    return Tables(cosines: Tensor(cosines, shape: shape), sines: Tensor(sines, shape: shape))
  }

  /// Turns the first channels of every head.
  /// - Parameter x: `[tokens, heads, headWidth]`.
  public static func rotate(_ x: Tensor, _ tables: Tables) -> Tensor {
    x.rotary(cosines: tables.cosines, sines: tables.sines, interleaved: false)
  }
}
