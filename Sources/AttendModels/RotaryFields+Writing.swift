import AttendBase
import AttendNN

extension RotaryFields {
  /// Writes `rope_theta` and `rope_scaling`, as `config.json` has them.
  /// - Parameters:
  ///   - base: what the field of θ is called.
  ///   - contextLength: of the model.
  func write(to fields: inout JSON.Object, base name: String = "rope_theta", contextLength: Int) {
    fields[name] = JSON(shortest: base)
    var object = JSON.Object()
    switch scaling {
    case .none: return
    case .linear(let factor):
      object["rope_type"] = "linear"
      object["factor"] = JSON(shortest: factor)
    case .llama3(let factor, let low, let high, let context):
      object["rope_type"] = "llama3"
      object["factor"] = JSON(shortest: factor)
      object["low_freq_factor"] = JSON(shortest: low)
      object["high_freq_factor"] = JSON(shortest: high)
      object["original_max_position_embeddings"] = JSON(shortest: context)
    case .yarn(let factor, let context, let fast, let slow, let magnitude, let isTruncated):
      object["rope_type"] = "yarn"
      object["factor"] = JSON(shortest: factor)
      object["original_max_position_embeddings"] = JSON(shortest: context)
      object["beta_fast"] = JSON(shortest: fast)
      object["beta_slow"] = JSON(shortest: slow)
      object["attention_factor"] = JSON(shortest: magnitude)
      object["truncate"] = JSON(isTruncated)
    case .long(let short, let long, let context, let magnitude):
      // The first name alone, as Phi-3's own files have it: transformers 4 accepts three members only.
      object["type"] = "longrope"
      object["short_factor"] = JSON(short.map { JSON(shortest: $0) })
      object["long_factor"] = JSON(long.map { JSON(shortest: $0) })
      if magnitude != Self.longMagnitude(Float(contextLength) / Float(context), context) {
        object["attention_factor"] = JSON(shortest: magnitude)
      }
      fields["original_max_position_embeddings"] = JSON(context)
    case .dynamic(let factor, _):
      object["rope_type"] = "dynamic"
      object["factor"] = JSON(shortest: factor)
    }
    fields["rope_scaling"] = .object(object)
  }

  /// Writes the fields that GGUF's metadata become when they are read, the inverse of `init(_:defaultBase:contextLength:)`
  /// for them. What GGUF cannot say is left out; factors of LongRoPE and of Llama 3 are tensors there.
  func writeGGUF(to fields: inout JSON.Object) {
    switch scaling {
    case .none, .llama3, .dynamic: return
    case .linear(let factor):
      fields["rope_scaling_type"] = "linear"
      fields["rope_scaling_factor"] = JSON(shortest: factor)
    case .yarn(let factor, let context, _, _, _, _):
      fields["rope_scaling_type"] = "yarn"
      fields["rope_scaling_factor"] = JSON(shortest: factor)
      fields["rope_scaling_original"] = JSON(shortest: context)
    case .long(_, _, let context, let magnitude):
      fields["rope_scaling_original"] = JSON(context)
      fields["rope_scaling_magnitude"] = JSON(shortest: magnitude)
    }
  }
}

extension Rotary.Scaling {
  /// What each pair's frequency is divided by with Llama 3's scaling.
  static func llama3Divisors(
    width: Int, base: Float, factor: Float, low: Float, high: Float, context: Float
  ) -> [Float] {
    frequencies(width: width, base: base).map { frequency in
      let turns = Double(context) * frequency / (2 * Double.pi)
      let smooth = min(max((turns - Double(low)) / Double(high - low), 0), 1)
      return Float(1 / ((1 - smooth) / Double(factor) + smooth))
    }
  }

  /// Llama 3's scaling that divides frequencies by these numbers; nil when there is none.
  ///
  /// Between the two bounds 1/divisor is linear in the frequency, which gives the ratios of the original context to the
  /// bounds; the lower bound is taken to be one turn, since only the ratios matter.
  static func llama3(divisors: [Float], base: Float) -> Rotary.Scaling? {
    let width = 2 * divisors.count
    guard let factor = divisors.max(), factor > 1, factor.isFinite, divisors.allSatisfy({ $0 >= 1 }) else { return nil }
    let turns = frequencies(width: width, base: base).map { $0 / (2 * Double.pi) }
    let full = Double(factor)
    let blended = divisors.indices.filter { divisors[$0] > 1 && divisors[$0] < factor }
    func smooth(_ pair: Int) -> Double { (1 / Double(divisors[pair]) - 1 / full) / (1 - 1 / full) }
    let slope: Double
    let intercept: Double
    if let first = blended.first, let last = blended.last, first != last {
      slope = (smooth(first) - smooth(last)) / (turns[first] - turns[last])
      intercept = slope * turns[first] - smooth(first)
    } else if let only = blended.first {
      intercept = 1 / 3
      slope = (smooth(only) + intercept) / turns[only]
    } else {
      // The bounds are the last pair that is kept and the first that is stretched.
      guard let kept = divisors.lastIndex(of: 1), kept + 1 < divisors.count else { return nil }
      slope = 1 / (turns[kept] - turns[kept + 1])
      intercept = slope * turns[kept + 1]
    }
    guard slope > 0, intercept > 0 else { return nil }
    let (high, context) = (Float(1 + 1 / intercept), Float(slope / intercept))
    // Published files have whole numbers.
    for (high, context) in [(high.rounded(), context.rounded()), (high, context)] where high > 1 && context.isFinite {
      let found = llama3Divisors(width: width, base: base, factor: factor, low: 1, high: high, context: context)
      if zip(found, divisors).allSatisfy({ abs($0 - $1) <= 1e-5 * $1 }) {
        return .llama3(factor: factor, lowFrequencyFactor: 1, highFrequencyFactor: high, originalContext: context)
      }
    }
    return nil
  }

  private static func frequencies(width: Int, base: Float) -> [Double] {
    (0..<width / 2).map { exponential(-logarithm(Double(base)) * Double(2 * $0) / Double(width)) }
  }
}

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

private func exponential(_ x: Double) -> Double { exp(x) }
private func logarithm(_ x: Double) -> Double { log(x) }
