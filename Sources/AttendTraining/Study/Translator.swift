import AttendBase
import AttendModels
import AttendNN

/// The encoder-decoders of the translation task.
package enum Translator: String, Sendable, CaseIterable {
  case plain = "GRU"
  case bahdanau = "GRU with attention"
  case transformer = "Transformer"

  package var hasAttention: Bool { self != .plain }

  private static let width = 48
  /// Makes the plain GRU, which lacks the attention's parameters, as large as the one with attention.
  private static let plainWidth = 76
  /// Longer than any sentence of the task.
  private static let mostTokens = 64

  /// A learner with fresh parameters.
  /// - Throws: nothing for the sizes that the study has.
  package func learner(vocabulary: Int, seed: UInt64) throws -> Learner<any SequenceToSequenceModel> {
    guard self == .transformer else {
      let width = hasAttention ? Self.width : Self.plainWidth
      return Learner(seed: seed) { [hasAttention] scope in
        RecurrentTranslator(
          scope, vocabulary: vocabulary, width: width, hasAttention: hasAttention, mostTokens: Self.mostTokens)
      }
    }
    var fields = JSON.Object()
    fields["is_encoder_decoder"] = true
    fields["vocab_size"] = JSON(vocabulary)
    fields["d_model"] = JSON(Self.width)
    for (name, layers) in [("encoder", 1), ("decoder", 1)] {
      fields["\(name)_layers"] = JSON(layers)
      fields["\(name)_attention_heads"] = 2
      fields["\(name)_ffn_dim"] = JSON(3 * Self.width)
    }
    fields["max_position_embeddings"] = JSON(Self.mostTokens)
    fields["norm_first"] = true
    fields["share_encoder_decoder_embeddings"] = false
    fields["tie_word_embeddings"] = false
    fields["decoder_start_token_id"] = JSON(SwapLanguage.start)
    fields["eos_token_id"] = JSON(SwapLanguage.end)
    let config = try Transformer.configuration(ConfigurationFields(fields, origin: "the study's Transformer"))
    return Learner(seed: seed) { Transformer($0, config) }
  }
}
