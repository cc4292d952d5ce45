import AttendBase
import AttendNN
import AttendTensor
import Testing

/// y = second(tanh(first(x))), with a statistic beside it.
private struct Small: Sendable {
  let first, second: Linear
  let statistic: Tensor

  init(_ scope: WeightScope) {
    first = Linear(scope["first"], from: 3, to: 5)
    second = Linear(scope["second"], from: 5, to: 2)
    statistic = scope.statistic("mean", shape: [2], initializer: .ones)
  }

  func callAsFunction(_ x: Tensor) -> Tensor { second(first(x, activation: .tanh)) }
}

@Suite struct LearnerTests {
  private let x = Tensor([0.5, -1, 2, 1, 0, -0.5] as [Float], shape: [2, 3])
  private let targets = Tensor([1, 0] as [Int32])

  @Test func lossFallsAndTheModelAgrees() throws {
    var learner = Learner(seed: 3) { Small($0) }
    var optimizer = AdamW(learningRate: 0.05)
    let first = try learner.gradients { $0(x).crossEntropy(targets: targets) }.loss
    for _ in 0..<50 {
      let (_, gradients) = try learner.gradients { $0(x).crossEntropy(targets: targets) }
      optimizer.update(&learner.parameters, gradients)
    }
    let last = try learner.gradients { $0(x).crossEntropy(targets: targets) }.loss
    #expect(last < 0.1 * first)
    let packed = try learner.model()(x).crossEntropy(targets: targets).item()
    #expect(abs(packed - last) < 1e-5)
    #expect(optimizer.state.step == 50)
  }

  @Test func statisticsAreNeitherDifferentiatedNorUpdated() throws {
    var learner = Learner(seed: 3) { Small($0) }
    #expect(learner.parameters.frozen == ["mean"])
    let gradients = try learner.gradients { $0(x).sum() }.gradients
    #expect(gradients.names == ["first.weight", "first.bias", "second.weight", "second.bias"])
    var optimizer = SGD(learningRate: 1, momentum: 0.9, weightDecay: 0.5)
    optimizer.update(&learner.parameters, gradients)
    #expect(learner.parameters["mean"]?.scalars(Float.self) == [1, 1])
    // Also when the parameters come from outside and nobody marked them.
    var plain = Parameters()
    for name in learner.parameters.names { plain[name] = learner.parameters[name] }
    #expect(try Learner(parameters: plain) { Small($0) }.parameters.frozen == ["mean"])
  }

  @Test func updatesHappenInPlaceUnlessSomeoneElseLooks() throws {
    var learner = Learner(seed: 3) { Small($0) }
    let gradients = try learner.gradients { $0(x).sum() }.gradients
    func address() -> UnsafeRawPointer? { learner.parameters["first.weight"]?.withBytes { $0 } }
    var optimizer = Adam(learningRate: 0.1)
    let before = address()
    optimizer.update(&learner.parameters, gradients)
    #expect(address() == before)
    let snapshot = learner.parameters
    let kept = snapshot["first.weight"]?.scalars(Float.self)
    optimizer.update(&learner.parameters, gradients)
    #expect(address() != before)
    #expect(snapshot["first.weight"]?.scalars(Float.self) == kept)
  }

  @Test func parametersThatDoNotFitAreNamed() {
    #expect(throws: AttendError.self) { try Learner(parameters: Parameters()) { Small($0) } }
  }

  @Test func clippingScalesToTheNorm() {
    var gradients = Parameters()
    gradients["a"] = Tensor([3, 0] as [Float])
    gradients["b"] = Tensor([4] as [Float], shape: [1, 1])
    #expect(gradients.clip(norm: 10) == 5)
    #expect(gradients["b"]?.item() == 4)
    #expect(gradients.clip(norm: 1) == 5)
    #expect(abs(gradients.norm - 1) < 1e-6)
    gradients["a"] = Tensor([.nan, 0] as [Float])
    #expect(gradients.clip(norm: 1).isNaN)
  }

  @Test func dropoutFollowsItsKeyAndKeepsTheMean() {
    var pass = ForwardPass(lengths: [1])
    let ones = Tensor.ones([100, 1000])
    #expect(pass.dropout(ones, 0.3).sum().item() == 100_000)
    #expect(pass.attentionDropout(0.3) == nil)
    pass.training = Training(seed: 1, step: 2)
    var copy = pass
    let dropped = pass.dropout(ones, 0.3)
    #expect(dropped.scalars(Float.self) == copy.dropout(ones, 0.3).scalars(Float.self))
    #expect(dropped.scalars(Float.self) != pass.dropout(ones, 0.3).scalars(Float.self))
    let values = Set(dropped.scalars(Float.self))
    #expect(values == [0, 1 / (1 - Float(0.3))])
    #expect(abs(dropped.mean().item() - 1) < 0.01)
  }

  @Test func keysCountElements() {
    let key = RandomKey(seed: 7, stream: 1 << 40)
    let mask = DropoutMask(rate: 0.5, key: key)
    let dropped = Tensor.ones([3, 67]).dropout(rate: 0.5, key: key).scalars(Float.self)
    #expect(dropped == (0..<201).map { mask.keeps($0) ? 2 : 0 })
    var sequential = SeededRandom(seed: 7, stream: 1 << 40)
    let pairs = (0..<4).map { _ in sequential.next() }
    #expect((0..<8).map { key.bits(at: $0) } == pairs.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32($0 >> 32)] })
  }
}
