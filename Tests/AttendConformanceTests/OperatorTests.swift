import AttendBase
import AttendTensor
import AttendTestSupport
import Testing

/// ONNX's own operator tests (`scripts/fetch-models onnx-operators`): vectors that no one here wrote. The `_expanded`
/// ones are left out of the download: they repeat the same numbers with the operator spelled out in primitive ones.
@Suite struct OperatorTests {
  private static let folder = TestModels.onnxOperators

  /// How many cases of each operator run.
  static let counts = [
    "Attention": 60, "GRU": 4, "Gelu": 4, "LSTM": 3, "LayerNormalization": 19, "LogSoftmax": 7,
    "NegativeLogLikelihoodLoss": 9, "RMSNormalization": 19, "RNN": 4, "RotaryEmbedding": 8, "Softmax": 7,
    "SoftmaxCrossEntropyLoss": 18,
  ]

  /// Why a case does not run.
  static func exclusion(_ test: OperatorCase) -> String? {
    if test.name == "lstm_with_peepholes" { return "no layer has peepholes" }
    if test.node.operatorType == "Attention", test.float("softcap") != nil, test.input(3) != nil {
      return "ONNX caps the scores after the mask, the models that cap them before"
    }
    if ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"].contains(test.node.operatorType), test.input(2) != nil {
      return "no loss weighs classes"
    }
    return nil
  }

  @Test(.enabled(if: folder != nil)) func operatorsComputeWhatONNXExpects() throws {
    let folder = try #require(Self.folder)
    var run: [String: Int] = [:]
    var excluded: [String: [String]] = [:]
    for name in try Folder.names(in: folder).sorted() where name.hasPrefix("test_") {
      let test = try OperatorCase(name: String(name.dropFirst(5)), folder: "\(folder)/\(name)")
      if let reason = Self.exclusion(test) {
        excluded[reason, default: []].append(test.name)
        continue
      }
      let results =
        switch test.node.operatorType {
        case "RNN", "LSTM", "GRU": try RecurrentOperators.run(test)
        case "Attention": try AttentionOperators.run(test)
        case "RotaryEmbedding": try AttentionOperators.rotary(test)
        default: try RowOperators.run(test)
        }
      #expect(!test.expected.isEmpty)
      test.check(results)
      run[test.node.operatorType, default: 0] += 1
    }
    // So that none vanishes unseen.
    #expect(run == Self.counts)
    #expect(excluded["no layer has peepholes"]?.count == 1)
    #expect(excluded.values.reduce(0) { $0 + $1.count } + run.values.reduce(0, +) == 190)
  }
}
