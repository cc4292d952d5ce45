import AttendBase
import AttendFormats
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Real published weights on real text, against the reference implementation on the dequantized weights.
@Suite(.enabled(if: TestModels.smolLM2 != nil, "run scripts/fetch-models smollm2"), .serialized)
struct SmolLM2Tests {
  private struct Reference {
    let prompts: [(ids: [Int32], greedy: [Int32])]
    let austen: [Int32]
    let austenLoss: Double

    init() throws {
      let path = TestFixtures.path("smollm2/reference.json")
      let json = try MappedFile(path: path).withUnsafeBytes { try JSON(parsing: Array($0), source: path) }
      func ids(_ value: JSON?) throws -> [Int32] {
        try #require(value?.arrayValue).map { Int32(try #require($0.intValue)) }
      }
      prompts = try #require(json["greedy"]?.arrayValue).map { (try ids($0["prompt_ids"]), try ids($0["greedy_ids"])) }
      austen = try ids(json["austen"]?["ids"])
      austenLoss = try #require(json["austen"]?["mean_negative_log_likelihood"]?.doubleValue)
    }
  }

  private func load(_ precision: Precision) throws -> any CausalLanguageModel {
    try ModelRegistry.load(Checkpoint(path: try #require(TestModels.smolLM2)), precision: precision)
  }

  @Test func greedyTokensEqualTheReference() throws {
    let model = try load(.exact)
    for (prompt, expected) in try Reference().prompts {
      var caches = [KeyValueCache(model.cacheShape, precision: .exact)]
      var input = prompt
      var result: [Int32] = []
      while result.count < expected.count {
        var pass = try ForwardPass(
          continuing: caches, lengths: [input.count], phase: result.isEmpty ? .prompt : .decode)
        pass.outputRows = [input.count - 1]
        let logits = model(Tensor(input, shape: [input.count]), &pass).scalars(Float.self)
        pass.finish()
        caches = pass.caches
        input = [Int32(logits.indices.max { logits[$0] < logits[$1] } ?? -1)]
        result += input
      }
      #expect(result == expected)
    }
  }

  @Test(arguments: [(Precision.exact, 0.01), (.fast, 0.01), (.int8, 0.03)])
  func lossOnRealText(_ precision: Precision, _ tolerance: Double) throws {
    let reference = try Reference()
    #expect(abs(reference.austenLoss - 3.478) <= 0.001)
    let model = try load(precision)
    let ids = reference.austen
    var pass = ForwardPass(lengths: [ids.count])
    let logits = model(Tensor(ids, shape: [ids.count]), &pass)
    let targets = ids.dropFirst() + [-100]
    let loss = logits.crossEntropy(targets: Tensor(Array(targets), shape: [ids.count]), ignoring: -100).item()
    #expect(abs(loss - 3.478) <= tolerance, "\(loss)")
  }
}
