import AttendBase
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

@Suite struct PrecisionTests {
  private func rounded(_ x: Tensor) -> Tensor { x.cast(to: .bfloat16).cast(to: .float32) }

  /// Products meet operands rounded to bfloat16, in the backward pass too; weights and sums stay float32.
  @Test func fastTrainingRoundsWhatItMultiplies() throws {
    var random = SeededRandom(seed: 2)
    let x = Tensor.normal([5, 7], using: &random)
    let upstream = Tensor.normal([5, 3], using: &random)
    let learner = Learner(seed: 1, precision: .fast) { Linear($0, from: 7, to: 3) }
    let weight = try #require(learner.parameters["weight"])
    var output = Tensor(0)
    let gradients = try learner.gradients { linear in
      output = linear(x)
      return (output * upstream).sum()
    }.gradients
    let expected = rounded(x).matmul(rounded(weight).transposed(0, 1))
    #expect(largestDifference(output, expected) == 0)
    #expect(largestDifference(output, x.matmul(weight.transposed(0, 1))) > 1e-4)
    let slope = try #require(gradients["weight"])
    #expect(largestDifference(slope, rounded(upstream).transposed(0, 1).matmul(rounded(x))) <= 1e-6)
    #expect(slope.dtype == .float32 && weight.dtype == .float32)
  }

  @Test func inputsGetRoundedGradientsToo() {
    var random = SeededRandom(seed: 2)
    let (x, w) = (Tensor.normal([4, 6], using: &random).leaf(), Tensor.normal([6, 2], using: &random))
    let upstream = Tensor.normal([4, 2], using: &random)
    let gradient = Tensor.gradients(of: (x.matmul(w, precision: .fast) * upstream).sum(), with: [x])[0]
    #expect(largestDifference(gradient, rounded(upstream).matmul(rounded(w).transposed(0, 1))) <= 1e-6)
  }
}
