import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// Derivatives of a whole model by every parameter, against the reference implementation's in float64.
@Suite struct GradientTests {
  @Test func llama() throws { try check(Llama.self, "llama-gradient") }
  @Test func gpt2() throws { try check(GPT2.self, "gpt2-gradient") }
  @Test func mixture() throws { try check(Qwen2MoE.self, "qwen2-moe-gradient") }

  private func check<Family: ModelFamily & CausalLanguageModel>(_ family: Family.Type, _ folder: String) throws {
    let golden = try Golden(folder)
    let (config, source) = try ModelRegistry.read(family, golden.checkpoint)
    var parameters = Parameters()
    for name in golden.names where name.hasPrefix("grad.") {
      let weight = try #require(try source.weight(String(name.dropFirst(5))))
      parameters[String(name.dropFirst(5))] = weight.source.expanded().reshaped(Shape(weight.shape))
    }
    let leaves = parameters.leaves()
    let model = try WeightScope.build(around: leaves) { Family($0, config) }
    let sequences = try golden.sequences()
    var pass = ForwardPass(lengths: sequences.map(\.count))
    let tokens = sequences.flatMap { $0 }
    let logits = model(Tensor(tokens, shape: [tokens.count]), &pass)
    // Each row predicts the next token of its sequence; the last predicts nothing.
    let targets = sequences.flatMap { $0.dropFirst() + [-100] }
    let loss = logits.crossEntropy(targets: Tensor(targets, shape: [targets.count]), ignoring: -100)
    #expect(abs(loss.item() - Double(try golden.floats("loss")[0])) <= 1e-5)
    let gradients = Tensor.gradients(of: loss, with: leaves.values)
    for (name, gradient) in zip(leaves.names, gradients) {
      let expected = Tensor(try golden.floats("grad." + name), shape: gradient.shape)
      #expect(largestDifference(gradient, expected) <= 1e-4, "\(name)")
    }
  }
}
