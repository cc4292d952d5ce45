import AttendBase
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Each way in which a layer holds matrices: several as one product, a gated pair, transposed, an embedding.
private struct Varied: Sendable {
  let embedding: Embedding
  let joint: Linear
  let gated: GatedFeedForward
  let transposed: Linear

  init(_ scope: WeightScope) {
    embedding = Embedding(scope["table"], count: 5, width: 6)
    joint = Linear([(scope["attn"]["q_proj"], 3), (scope["attn"]["k_proj"], 4), (scope["attn"]["v_proj"], 2)], from: 6)
    gated = GatedFeedForward(scope["mlp"], width: 9, intermediate: 7, activation: .silu)
    transposed = Linear(scope["square"], from: 9, to: 9, layout: .inputsByOutputs)
  }

  func callAsFunction(_ ids: Tensor) -> Tensor { transposed(gated(joint(embedding(ids)))) }
}

@Suite struct LowRankTests {
  private let ids = Tensor([3, 0, 4] as [Int32])
  private let lowRank = LowRank(rank: 2, alpha: 4, targets: ["q_proj", "v_proj", "mlp.*", "square", "table"])
  private let base = WeightScope.fresh(seed: 7) { Varied($0) }.parameters

  private func output(_ parameters: Parameters) throws -> Tensor {
    try WeightScope.build(around: parameters) { Varied($0) }(ids)
  }

  private func trained(_ learner: consuming Learner<Varied>) throws -> Learner<Varied> {
    var optimizer = Adam(learningRate: 0.1)
    for _ in 0..<5 {
      let gradients = try learner.gradients { ($0(ids) - 1).squared().sum() }.gradients
      #expect(gradients.names == learner.parameters.names)
      optimizer.update(&learner.parameters, gradients)
    }
    return learner
  }

  private func current(_ learner: Learner<Varied>) throws -> Tensor {
    var output = Tensor(0)
    _ = try learner.gradients {
      output = $0(ids)
      return output.sum()
    }
    return output
  }

  @Test func startsAsTheBaseAndLearnsOnlyItsFactors() throws {
    var learner = try Learner(adapting: base, with: lowRank, seed: 1) { Varied($0) }
    let layers = ["table", "attn.q_proj", "attn.v_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj", "square"]
    #expect(
      Set(learner.parameters.names) == Set(layers.flatMap { ["\($0).lora_A.weight", "\($0).lora_B.weight"] }))
    #expect(largestDifference(try current(learner), try output(base)) <= 1e-6)
    learner = try trained(learner)
    #expect(largestDifference(try current(learner), try output(base)) > 0.01)
    for layer in layers { #expect(learner.parameters["\(layer).lora_B.weight"]?.abs().max().item() ?? 0 > 0) }
  }

  @Test func mergingChangesNothingAndCanBeUndone() throws {
    let learner = try trained(Learner(adapting: base, with: lowRank, seed: 1) { Varied($0) })
    let unmerged = try current(learner)
    let merged = try learner.merged()
    #expect(merged.names == base.names)
    #expect(largestDifference(try output(merged), unmerged) <= 1e-5)
    #expect(largestDifference(try learner.model()(ids), unmerged) <= 1e-5)
    let back = learner.unmerged(merged)
    for name in base.names {
      let (before, after) = (try #require(base[name]), try #require(back[name]))
      #expect(largestDifference(before, after) <= 1e-6)
    }
    #expect(merged["attn.k_proj.weight"]?.scalars(Float.self) == base["attn.k_proj.weight"]?.scalars(Float.self))
  }

  @Test func adaptsAStoredModel() throws {
    let source = StoredParameters(base)
    let stored = try trained(Learner(adapting: source, with: lowRank, seed: 1, precision: .exact) { Varied($0) })
    let given = try trained(Learner(adapting: base, with: lowRank, seed: 1) { Varied($0) })
    #expect(largestDifference(try current(stored), try current(given)) <= 1e-4)
    #expect(largestDifference(try stored.model()(ids), try current(stored)) <= 1e-5)
    #expect(largestDifference(try output(try stored.merged()), try current(stored)) <= 1e-5)
  }

  @Test func patterns() {
    func matches(_ pattern: String, _ name: String) -> Bool {
      LowRank(rank: 1, alpha: 1, targets: [pattern]).matches(layer: name)
    }
    #expect(matches("q_proj", "model.layers.0.self_attn.q_proj"))
    #expect(!matches("q_proj", "model.layers.0.self_attn.q_proj_x"))
    #expect(matches("*_proj", "model.layers.0.self_attn.q_proj"))
    #expect(matches("model.layers.*.q_proj", "model.layers.0.self_attn.q_proj"))
    #expect(!matches("model.layers.*.q_proj", "encoder.layers.0.self_attn.q_proj"))
    #expect(matches("*.fc*", "decoder.fc1"))
    #expect(!matches("", "a"))
  }

  @Test func aPatternThatMatchesNothingIsAnError() {
    #expect(throws: AttendError.self) {
      try Learner(adapting: base, with: LowRank(rank: 2, alpha: 4, targets: ["x"]), seed: 1) { Varied($0) }
    }
  }
}

/// Parameters as if they came from a file.
private struct StoredParameters: WeightSource {
  private let parameters: Parameters

  init(_ parameters: Parameters) { self.parameters = parameters }

  var names: [String] { parameters.names }
  var origin: String { "memory" }

  func weight(_ name: String) -> StoredWeight? {
    parameters[name].map { tensor in
      let columns = tensor.shape[tensor.rank - 1]
      return StoredWeight(
        shape: Array(tensor.shape), source: MatrixSource(tensor.reshaped([tensor.count / columns, columns])))
    }
  }
}
