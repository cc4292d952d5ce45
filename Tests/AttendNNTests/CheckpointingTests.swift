import AttendNN
import AttendTensor
import Testing

/// Residual blocks with dropout, whose inner results are kept or not.
private struct Deep: Sendable {
  let blocks: [FeedForward]

  init(_ scope: WeightScope) {
    blocks = (0..<3).map { index in
      FeedForward(
        first: Linear(scope[index]["up"], from: 6, to: 11), second: Linear(scope[index]["down"], from: 11, to: 6),
        activation: .gelu)
    }
  }

  func callAsFunction(_ x: Tensor, isCheckpointed: Bool, _ pass: inout ForwardPass) -> Tensor {
    var x = x
    for block in blocks {
      let body: @Sendable (Tensor, inout ForwardPass) -> Tensor = { x, pass in
        let hidden = pass.dropout(x.layerNorm(), 0.2)
        return x + pass.dropout(block(hidden), 0.3)
      }
      x = isCheckpointed ? pass.checkpoint(x, body) : body(x, &pass)
    }
    return x
  }
}

@Suite struct CheckpointingTests {
  private func run(isCheckpointed: Bool) throws -> (loss: Double, gradients: Parameters, after: Tensor) {
    let learner = Learner(seed: 2) { scope in
      (Deep(scope["deep"]), scope.tensor("x", shape: [4, 6], initializer: .normal(1)))
    }
    var after = Tensor(0)
    let result = try learner.gradients { deep, x in
      var pass = ForwardPass(lengths: [4])
      pass.training = Training(seed: 3, step: 4)
      let output = deep(x.tanh(), isCheckpointed: isCheckpointed, &pass)
      // The pass goes on after the blocks as if nothing had happened.
      after = pass.dropout(.ones([100]), 0.5)
      return output.squared().sum()
    }
    return (result.loss, result.gradients, after)
  }

  @Test func gradientsAreTheSameBits() throws {
    let (plain, saved) = (try run(isCheckpointed: false), try run(isCheckpointed: true))
    #expect(plain.loss == saved.loss)
    #expect(plain.gradients.names.count == 13)
    for name in plain.gradients.names {
      let gradient = plain.gradients[name]?.scalars(Float.self)
      #expect(gradient == saved.gradients[name]?.scalars(Float.self), "\(name)")
      #expect(gradient?.contains { $0 != 0 } == true, "\(name)")
    }
    #expect(plain.after.scalars(Float.self) == saved.after.scalars(Float.self))
  }

  @Test func nothingIsRecordedWithoutLeaves() {
    var pass = ForwardPass(lengths: [2])
    #expect(!pass.checkpoint(.ones([2])) { x, _ in x.exp() }.isRecording)
  }
}
