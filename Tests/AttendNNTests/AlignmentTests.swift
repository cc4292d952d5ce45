import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

@Suite struct AlignmentTests {
  private static let lengths = [4, 2, 6]
  static let sequences = [0..<4, 4..<6, 6..<12]
  static let scores: [(String, AlignmentAttention.Score)] = [
    ("additive", .additive(width: 7)), ("dot", .dot), ("scaled_dot", .scaledDot), ("general", .general),
    ("concatenated", .concatenated(width: 7)),
  ]

  /// Values and gradients are those of the formulas in PyTorch.
  @Test(arguments: scores.indices) func agreesWithTheFormula(_ index: Int) throws {
    let (name, score) = Self.scores[index]
    let layer = try LayerFixture("alignment", name)
    try layer.check(inputs: ["query", "states"], output: "context", outputTolerance: 1e-5) { scope, inputs in
      let queryWidth = inputs[0].shape[2]
      let attention = AlignmentAttention(scope, score: score, queryWidth: queryWidth, stateWidth: 6)
      var pass = ForwardPass(lengths: Self.lengths)
      let memory = attention.prepare(PaddedMemory(inputs[1], sequences: Self.sequences))
      let (context, weights) = attention(inputs[0], memory, &pass)
      #expect(largestDifference(weights, layer["weights"]) <= 1e-6)
      return context
    }
  }

  @Test(arguments: scores.indices) func derivatives(_ index: Int) {
    let score = Self.scores[index].1
    let problems = LayerCase("alignment", inputs: [[3, 2, 6], [12, 6]]) { scope in
      AlignmentAttention(scope, score: score, queryWidth: 6, stateWidth: 6)
    } function: { attention, inputs in
      var pass = ForwardPass(lengths: Self.lengths)
      return attention(inputs[0], attention.prepare(PaddedMemory(inputs[1], sequences: Self.sequences)), &pass).context
    }.problems(seed: 3)
    #expect(problems == [])
  }

  @Test func dropsWeightsWhileTraining() {
    let attention = WeightScope.fresh(seed: 1) {
      AlignmentAttention($0, score: .dot, queryWidth: 2, stateWidth: 2, dropout: 0.5)
    }.model
    let memory = attention.prepare(PaddedMemory(.ones([40, 2]), sequences: [0..<40]))
    var pass = ForwardPass(lengths: [40])
    #expect(largestDifference(attention(.zeros([1, 1, 2]), memory, &pass).context, .ones([1, 1, 2])) < 1e-6)
    pass.training = Training(seed: 1, step: 1)
    #expect(largestDifference(attention(.zeros([1, 1, 2]), memory, &pass).context, .ones([1, 1, 2])) > 1e-3)
  }
}
