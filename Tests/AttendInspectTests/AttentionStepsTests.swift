import AttendInspect
import AttendNN
import AttendTensor
import Testing

@Suite struct AttentionStepsTests {
  /// Two tokens of width 2, small enough for a pencil.
  @Test func stepsFollowTheEquation() throws {
    let steps = try #require(Self.steps(isCausal: false))
    #expect(steps.scores == [[1, 2], [0, 4]])
    #expect(steps.scaled == [[0.5, 1], [0, 2]])
    let (low, high) = (1 / (1 + exponential(0.5)), 1 / (1 + exponential(2)))
    for (found, expected) in zip(steps.weights.joined(), [low, 1 - low, high, 1 - high]) {
      #expect(abs(found - expected) < 1e-12)
    }
    #expect(abs(steps.output[0][0] - (low * 10 + (1 - low) * 20)) < 1e-9)
    #expect(steps.output.map(\.count) == [2, 2])
    #expect(steps.kernelDifference < 1e-5)
  }

  @Test func noTokenSeesThoseBehindIt() throws {
    let steps = try #require(Self.steps(isCausal: true))
    #expect(steps.scaled[0] == [0.5, -.infinity])
    #expect(steps.weights[0] == [1, 0])
    #expect(steps.output[0] == [10, 1])
    #expect(steps.kernelDifference < 1e-5)
    #expect(steps.text().contains("−∞"))
  }

  @Test func textHoldsTheNumbers() throws {
    let text = try #require(Self.steps(isCausal: false)).text()
    for part in ["1.000", "+4.000", "Scaled by 0.5000", "0.378", "0.622·b", "a = 0.378·a + 0.622·b"] {
      #expect(text.contains(part), "\(part) is missing in\n\(text)")
    }
  }

  @Test func otherHeadsAndLengthsGiveNothing() {
    let observation = Self.observation(isCausal: false)
    #expect(AttentionSteps(tokens: ["a", "b"], observation, head: 1) == nil)
    #expect(AttentionSteps(tokens: ["a"], observation, head: 0) == nil)
  }

  private static func steps(isCausal: Bool) -> AttentionSteps? {
    AttentionSteps(tokens: ["a", "b"], observation(isCausal: isCausal), head: 0)
  }

  private static func observation(isCausal: Bool) -> AttentionObserver.Observation {
    let query = Tensor([1, 0, 0, 2] as [Float], shape: [2, 1, 2])
    let key = Tensor([1, 0, 2, 2] as [Float], shape: [2, 1, 2])
    let value = Tensor([10, 1, 20, 3] as [Float], shape: [2, 1, 2])
    let options = AttentionOptions(scale: 0.5, isCausal: isCausal)
    var pass = ForwardPass(lengths: [2])
    pass.observer = AttentionObserver([.init(keepsOperands: true)])
    _ = attention(query, key, value, layer: 0, options: options, &pass)
    return pass.observer!.observations[0]
  }
}
