#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }

/// The derivative of log Γ, for x > 0: the recurrence ψ(x) = ψ(x + 1) − 1/x up to 7, then the asymptotic series
/// (Abramowitz and Stegun, 6.3.5 and 6.3.18).
func digamma(_ x: Double) -> Double {
  var x = x
  var result = 0.0
  while x < 7 {
    result -= 1 / x
    x += 1
  }
  let inverse = 1 / (x * x)
  return result + logarithm(x) - 0.5 / x
    - inverse * (1.0 / 12 - inverse * (1.0 / 120 - inverse * (1.0 / 252 - inverse * (1.0 / 240 - inverse / 132))))
}
