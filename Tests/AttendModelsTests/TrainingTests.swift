import AttendBase
import AttendModels
import AttendNN
import AttendTensor
import AttendTestSupport
import Testing

/// What families do while they are trained: dropout from the configuration, and their own initialisation.
@Suite struct TrainingTests {
  private func fields(_ members: [(String, JSON)]) -> ConfigurationFields {
    var object = JSON.Object()
    for (name, value) in members { object[name] = value }
    return ConfigurationFields(object, origin: "config.json")
  }

  private func deviation(_ parameters: Parameters, _ name: String) throws -> Double {
    let values = try #require(parameters[name]).scalars(Float.self).map(Double.init)
    return (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
  }

  @Test func gpt2DropsOnlyWhileTraining() throws {
    let config = try GPT2.configuration(
      fields([("n_embd", 32), ("n_head", 2), ("n_layer", 2), ("n_positions", 16), ("vocab_size", 50)]))
    let (model, parameters) = WeightScope.fresh(seed: 1) { GPT2($0, config) }
    func logits(_ training: Training?) -> [Float] {
      var pass = ForwardPass(lengths: [8])
      pass.training = training
      return model(Tensor([Int32](0..<8), shape: [8]), &pass).scalars(Float.self)
    }
    #expect(logits(nil) == logits(nil))
    #expect(logits(Training(seed: 1, step: 0)) == logits(Training(seed: 1, step: 0)))
    #expect(logits(Training(seed: 1, step: 0)) != logits(Training(seed: 1, step: 1)))
    #expect(logits(Training(seed: 1, step: 0)) != logits(nil))
    #expect(abs(try deviation(parameters, "transformer.h.0.attn.c_attn.weight") - 0.02) < 0.001)
    #expect(abs(try deviation(parameters, "transformer.h.1.mlp.c_proj.weight") - 0.01) < 0.0005)
    #expect(abs(try deviation(parameters, "transformer.wte.weight") - 0.02) < 0.002)
  }

  @Test func llamaIsInitialisedAsTheReference() throws {
    let config = try Llama.configuration(
      fields([
        ("hidden_size", 64), ("num_attention_heads", 4), ("vocab_size", 100), ("intermediate_size", 128),
        ("num_hidden_layers", 8), ("initializer_range", 0.04),
      ]))
    let parameters = WeightScope.fresh(seed: 1) { Llama($0, config) }.parameters
    #expect(abs(try deviation(parameters, "model.layers.0.self_attn.q_proj.weight") - 0.04) < 0.002)
    #expect(abs(try deviation(parameters, "model.layers.3.self_attn.o_proj.weight") - 0.01) < 0.0005)
    #expect(abs(try deviation(parameters, "model.layers.3.mlp.down_proj.weight") - 0.01) < 0.0005)
    #expect(abs(try deviation(parameters, "lm_head.weight") - 0.04) < 0.002)
  }

  /// A copying task that a small model solves in a few steps, through `Learner` and back to a packed model.
  @Test func transformerLearns() throws {
    let config = try Transformer.configuration(
      fields([
        ("vocab_size", 12), ("d_model", 32), ("encoder_layers", 1), ("decoder_layers", 1),
        ("encoder_attention_heads", 2), ("decoder_attention_heads", 2), ("encoder_ffn_dim", 64),
        ("decoder_ffn_dim", 64), ("max_position_embeddings", 32), ("norm_first", true), ("dropout", 0.1),
        ("attention_dropout", 0.1), ("activation_dropout", 0.1), ("decoder_start_token_id", 1), ("eos_token_id", 2),
      ]))
    var learner = Learner(seed: 3) { Transformer($0, config) }
    var optimizer = AdamW(learningRate: .constant(0.01))
    var random = SeededRandom(seed: 5, stream: 0)
    func batch() -> [[Int32]] {
      (0..<16).map { _ in (0..<4).map { _ in Int32(3 + random.next() % 9) } + [2] }
    }
    func loss(_ model: Transformer, _ sources: [[Int32]], _ training: Training?) -> Tensor {
      var pass = ForwardPass(lengths: [])
      pass.training = training
      let targets = sources.flatMap { $0 }
      return model.logits(source: sources, target: sources, &pass)
        .crossEntropy(targets: Tensor(targets, shape: [targets.count]))
    }
    for step in 0..<200 {
      let sources = batch()
      let (_, gradients) = try learner.gradients { loss($0, sources, Training(seed: 3, step: UInt64(step))) }
      optimizer.update(&learner.parameters, gradients)
    }
    let unseen = batch()
    let final = loss(try learner.model(), unseen, nil).item()
    // Guessing among nine tokens costs 1.76.
    #expect(final < 0.8, "\(final)")
  }
}
