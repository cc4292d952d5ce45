import AttendBase
import AttendModels
import AttendTestSupport
import Testing

/// A field that would change results is implemented or refused, never ignored.
@Suite struct ConfigurationTests {
  private func fields(_ changes: [(String, JSON)]) -> ConfigurationFields {
    var object: JSON.Object = JSON.Object()
    for (name, value) in [
      ("hidden_size", 64), ("num_attention_heads", 4), ("vocab_size", 100), ("intermediate_size", 128),
      ("num_hidden_layers", 2),
    ] as [(String, JSON)] { object[name] = value }
    for (name, value) in changes { object[name] = value }
    return ConfigurationFields(object, origin: "config.json")
  }

  private func code(_ changes: (String, JSON)...) -> AttendError.Code? {
    do {
      _ = try Llama.configuration(fields(changes))
      return nil
    } catch {
      return (error as? AttendError)?.code
    }
  }

  @Test func defaultsAreTheReferences() throws {
    let config = try Llama.configuration(fields([]))
    #expect(config.keyValueHeadCount == 4)
    #expect(config.headWidth == 16)
    #expect(config.contextLength == 2048)
    #expect(config.normEpsilon == 1e-6)
    #expect(config.layers.count == 2 && config.layers.allSatisfy { $0.window == nil && $0.rotary.base == 10_000 })
    #expect(config.layers.allSatisfy { $0.rotary.scaling == .none } && config.rotaryWidth == 16)
    #expect(!config.tiesEmbeddings && !config.hasProjectionBias && !config.hasOutputBias && !config.hasFeedForwardBias)
  }

  @Test func fieldsThatChangeResultsAreRefused() {
    #expect(code(("pretraining_tp", 2)) == .unsupported)
    #expect(code(("hidden_act", "quick_gelu")) == .unsupported)
    #expect(code(("rope_scaling", ["rope_type": "surprise", "factor": 4])) == .unsupported)
    #expect(
      code(("rope_scaling", ["rope_type": "longrope", "short_factor": [1, 2], "long_factor": [1, 2]])) == .unsupported)
    #expect(code(("rope_scaling", ["rope_type": "longrope", "long_factor": [1, 2]])) == .unsupported)
    #expect(code(("rope_scaling", ["rope_type": "dynamic", "factor": 0])) == .unsupported)
    #expect(code(("rope_scaling", ["rope_type": "yarn", "factor": 4, "beta_slow": 0])) == .unsupported)
    #expect(code(("partial_rotary_factor", 1.5)) == .unsupported)
    #expect(code(("layer_types", ["full_attention"])) != nil)
    #expect(code(("rope_scaling", ["rope_type": "linear", "factor": 2, "surprise": 3])) == .unsupported)
    #expect(code(("attention_multiplier", 0.5)) == .unsupported)
    #expect(code(("head_dim", 15)) == .unsupported)
    #expect(code(("num_key_value_heads", 3)) == .unsupported)
  }

  @Test func absentFeaturesAndBookkeepingPass() {
    #expect(code(("rope_scaling", nil), ("quantization_config", nil), ("new_feature", false)) == nil)
    #expect(code(("transformers_version", "9.9"), ("torch_dtype", "float32"), ("attention_dropout", 0.1)) == nil)
    #expect(code(("rope_scaling", ["rope_type": "linear", "factor": 2])) == nil)
    #expect(code(("rope_scaling", ["rope_type": "dynamic", "factor": 4])) == nil)
  }

  @Test func wrongAndAbsurdValuesAreDamage() {
    #expect(code(("hidden_size", "wide")) == .damagedFile)
    #expect(code(("hidden_size", 0)) == .damagedFile)
    #expect(code(("num_local_experts", 4096), ("num_hidden_layers", 4096)) == .unsupported)
    #expect(code(("num_hidden_layers", -1)) == .damagedFile)
    #expect(code(("vocab_size", 9_000_000_000_000_000_000)) == .damagedFile)
    #expect(code(("num_attention_heads", 0)) == .damagedFile)
    #expect(code(("rms_norm_eps", "small")) == .damagedFile)
  }

  @Test func gpt2RefusesWhatItDoesNotImplement() throws {
    func code(_ name: String, _ value: JSON) -> AttendError.Code? {
      var object = JSON.Object()
      object[name] = value
      do {
        _ = try GPT2.configuration(ConfigurationFields(object, origin: "config.json"))
        return nil
      } catch { return (error as? AttendError)?.code }
    }
    #expect(code("n_head", 12) == nil)
    #expect(code("n_head", 7) == .unsupported)
    #expect(code("add_cross_attention", true) == .unsupported)
    #expect(code("scale_attn_by_inverse_layer_idx", true) == nil)
    #expect(code("activation_function", "mystery") == .unsupported)
  }
}
