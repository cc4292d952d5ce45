#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The learning rate as a function of the number of updates done.
public indirect enum Schedule: Sendable, Hashable {
  case constant(Double)
  /// A straight line over `steps` updates, then `to`.
  case linear(from: Double, to: Double = 0, steps: Int)
  /// Half a cosine over `steps` updates, then `to`. Loshchilov & Hutter 2017, arXiv:1608.03983, without restarts.
  case cosine(from: Double, to: Double = 0, steps: Int)
  /// Up in a straight line to `peak`, then peak · √(warmup/(step)).
  case inverseSquareRoot(peak: Double, warmup: Int)
  /// factor · width^−½ · min(s^−½, s · warmup^−1.5) with s = step + 1. Vaswani et al. 2017, arXiv:1706.03762, section 5.3.
  case noam(width: Int, warmup: Int, factor: Double = 1)
  /// Up and down again by half cosines, as PyTorch's `OneCycleLR`: from peak/divisor to the peak over the first
  /// `rising` of all steps, then to peak/divisor/finalDivisor. Smith & Topin 2018, arXiv:1708.07120.
  case oneCycle(peak: Double, steps: Int, rising: Double = 0.3, divisor: Double = 25, finalDivisor: Double = 1e4)
  /// min(0.01, 1/√s) with s = step + 1, or with warm-up min(10⁻⁶ · s, 1/√s). Shazeer & Stern 2018, arXiv:1804.04235, section 8.
  case relativeStep(warmup: Bool = false)
  /// From 0 in a straight line to the beginning of another schedule, which starts after `steps` updates.
  case warmup(steps: Int, then: Schedule)

  /// The rate of the update after `step` others.
  public func rate(at step: Int) -> Double {
    switch self {
    case .constant(let rate): return rate
    case .linear(let from, let to, let steps):
      return from + (to - from) * progress(step, of: steps)
    case .cosine(let from, let to, let steps):
      return to + (from - to) * (1 + cos(Double.pi * progress(step, of: steps))) / 2
    case .inverseSquareRoot(let peak, let warmup):
      if step < warmup { return peak * Double(step) / Double(warmup) }
      return peak * (Double(max(warmup, 1)) / Double(max(step, 1))).squareRoot()
    case .noam(let width, let warmup, let factor):
      let (s, w) = (Double(step) + 1, Double(max(warmup, 1)))
      return factor / Double(max(width, 1)).squareRoot() * min(1 / s.squareRoot(), s / (w * w.squareRoot()))
    case .oneCycle(let peak, let steps, let rising, let divisor, let finalDivisor):
      let (start, end) = (peak / divisor, peak / divisor / finalDivisor)
      let top = rising * Double(steps) - 1
      let last = Double(steps) - 1
      let position = min(Double(step), last)
      let (from, to, part) =
        position <= top ? (start, peak, top > 0 ? position / top : 1) : (peak, end, (position - top) / (last - top))
      return to + (from - to) * (1 + cos(Double.pi * part)) / 2
    case .relativeStep(let warmup):
      let s = Double(step) + 1
      return min(warmup ? 1e-6 * s : 1e-2, 1 / s.squareRoot())
    case .warmup(let steps, let then):
      if step < steps { return then.rate(at: 0) * Double(step) / Double(steps) }
      return then.rate(at: step - steps)
    }
  }

  /// 0...1.
  private func progress(_ step: Int, of steps: Int) -> Double {
    steps <= 0 ? 1 : min(1, Double(step) / Double(steps))
  }
}

extension Schedule: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  public init(floatLiteral value: Double) { self = .constant(value) }
  public init(integerLiteral value: Int) { self = .constant(Double(value)) }
}
