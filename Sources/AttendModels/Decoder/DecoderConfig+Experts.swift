import AttendNN

extension DecoderConfig {
  /// What a family's mixtures of experts are when its configuration does not say.
  struct ExpertDefaults {
    var count, chosen: Int
    /// nil for `intermediate_size`.
    var intermediateSize: Int?
  }

  /// Makes feed-forwards mixtures: all of them, but for the layers that `mlp_only_layers` lists and those that
  /// `decoder_sparse_step` leaves out.
  /// - Parameter countName: what the configuration calls the number of experts.
  mutating func readExperts(
    _ fields: ConfigurationFields, countName: String, _ defaults: ExpertDefaults, normalizes: Bool
  ) throws {
    // The name that newer versions of the reference implementation write for all families.
    let count = try fields.integer(
      countName, default: fields.integer("num_local_experts", default: defaults.count, in: 1...1 << 12), in: 1...1 << 12
    )
    // Each is an object of its own: a hostile file must not ask for millions.
    guard count * layers.count <= Self.mostExperts else {
      throw fields.unsupported("\(count) experts in each of \(layers.count) layers")
    }
    let chosen = try fields.integer("num_experts_per_tok", default: defaults.chosen, in: 1...count)
    experts = Experts(
      count: count, chosen: chosen,
      intermediateSize: try fields.integer(
        "moe_intermediate_size", default: defaults.intermediateSize ?? intermediateSize, in: 1...1 << 22),
      normalizes: normalizes)
    let step = try fields.integer("decoder_sparse_step", default: 1, in: 1...1 << 16)
    let plain = Set(try fields.integers("mlp_only_layers") ?? [])
    for layer in layers.indices { layers[layer].isMixture = (layer + 1) % step == 0 && !plain.contains(layer) }
  }

  /// Of all layers together; published models have up to some 25,000.
  private static let mostExperts = 1 << 17

  /// Of a loss that balances experts while training, and of what is left out then: no part of a forward pass.
  static let harmlessRouting: Set<String> = ["output_router_logits", "router_aux_loss_coef", "router_jitter_noise"]
}

extension GGUFMap {
  /// What GGUF files call the fields of mixtures.
  static func expertFields(count: String) -> [Field] {
    [
      .count(count, "expert_count"), .count("num_experts_per_tok", "expert_used_count"),
      .count("moe_intermediate_size", "expert_feed_forward_length"),
      .count("shared_expert_intermediate_size", "expert_shared_feed_forward_length"),
    ]
  }

  /// What GGUF files call the weights of mixtures; the same part of all experts of a layer is one tensor.
  /// - Parameters:
  ///   - scope: what a block calls the mixture.
  static func expertWeights(
    scope: String = "mlp", _ names: MixtureOfExperts.Names = MixtureOfExperts.Names()
  ) -> [(parameter: String, tensor: String, layout: Layout)] {
    let block = "model.layers.{}.\(scope)"
    return [
      ("\(block).\(names.router).weight", "blk.{}.ffn_gate_inp.weight", .same),
      ("\(block).experts.*.\(names.expert.gate).weight", "blk.{}.ffn_gate_exps.weight", .stacked),
      ("\(block).experts.*.\(names.expert.up).weight", "blk.{}.ffn_up_exps.weight", .stacked),
      ("\(block).experts.*.\(names.expert.down).weight", "blk.{}.ffn_down_exps.weight", .stacked),
      ("\(block).shared_expert.gate_proj.weight", "blk.{}.ffn_gate_shexp.weight", .same),
      ("\(block).shared_expert.up_proj.weight", "blk.{}.ffn_up_shexp.weight", .same),
      ("\(block).shared_expert.down_proj.weight", "blk.{}.ffn_down_shexp.weight", .same),
      ("\(block).shared_expert_gate.weight", "blk.{}.ffn_gate_inp_shexp.weight", .oneRow),
    ]
  }
}
