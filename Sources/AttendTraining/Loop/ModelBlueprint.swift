import AttendBase
import AttendModels
import AttendNN
import AttendText

/// A model to be trained: its configuration, complete with what the tokenizer decides, and how to build it.
struct ModelBlueprint: Sendable {
  enum Kind: Sendable {
    case language(@Sendable (WeightScope) -> any CausalLanguageModel, contextLength: Int)
    /// The limits count the end token.
    case translation(
      @Sendable (WeightScope) -> any SequenceToSequenceModel, endToken: Int32, sourceLimit: Int, targetLimit: Int)
  }

  let architecture: String
  /// The `config.json` of the trained model.
  let configuration: JSON.Object
  let kind: Kind

  /// - Throws: `unsupported` for an unknown architecture; `invalid-input` when model and tokenizer do not fit each other;
  ///   what the family says of its fields.
  init(_ fields: JSON.Object, _ tokenizer: any Tokenizer) throws {
    let names = fields["architectures"]?.arrayValue?.compactMap(\.stringValue) ?? []
    let known = ModelRegistry.families
    let found = names.lazy.compactMap { name in known.first { $0.architectures.contains(name) } }.first
    guard let architecture = names.first, let family = found else {
      let all = known.flatMap { $0.architectures }
      throw AttendError(
        .unsupported,
        names.isEmpty
          ? "model.architectures is missing, expected a list with one name"
          : "the architecture \(quoted(names[0])) is not known",
        hint: names.first.flatMap { nearest($0, all) }.map { "did you mean \"\($0)\"?" }
          ?? "known: " + all.joined(separator: ", "))
    }
    self.architecture = architecture
    let configuration = try Self.completed(fields, tokenizer)
    self.configuration = configuration
    if let family = family as? any (ModelFamily & CausalLanguageModel).Type {
      kind = try Self.language(family, configuration)
    } else if let family = family as? any (ModelFamily & SequenceToSequenceModel).Type {
      kind = try Self.translation(family, configuration)
    } else {
      throw AttendError(.unsupported, "the architecture \(architecture) cannot be trained")
    }
  }

  private static func language<Family: ModelFamily & CausalLanguageModel>(
    _ family: Family.Type, _ fields: JSON.Object
  ) throws -> Kind {
    let config = try Family.configuration(ConfigurationFields(fields, origin: "model"))
    let contextLength = outline { Family($0, config) }.contextLength
    return .language({ Family($0, config) }, contextLength: contextLength)
  }

  private static func translation<Family: ModelFamily & SequenceToSequenceModel>(
    _ family: Family.Type, _ fields: JSON.Object
  ) throws -> Kind {
    let config = try Family.configuration(ConfigurationFields(fields, origin: "model"))
    let model = outline { Family($0, config) }
    return .translation(
      { Family($0, config) }, endToken: model.endToken, sourceLimit: model.maximumSourceLength,
      targetLimit: model.maximumTargetLength)
  }

  /// A model to ask about its limits.
  private static func outline<Model>(_ build: (WeightScope) -> Model) -> Model {
    WeightScope.fresh(seed: 0, build).model
  }

  /// Fills in what the tokenizer knows.
  private static func completed(_ fields: JSON.Object, _ tokenizer: any Tokenizer) throws(AttendError) -> JSON.Object {
    var fields = fields
    let size = tokenizer.vocabularySize
    if let given = fields["vocab_size"], !given.isNull {
      guard let count = given.intValue, count >= size else {
        throw AttendError(
          .invalidInput, "model.vocab_size is \(given.text()), and the tokenizer has \(size) tokens",
          hint: "leave the field out to take the tokenizer's size")
      }
    } else {
      fields["vocab_size"] = JSON(size)
    }
    let roles = tokenizer.specialTokens
    let start = roles.beginning ?? roles.end
    for (name, id) in [("bos_token_id", start), ("eos_token_id", roles.end), ("decoder_start_token_id", start)] {
      if fields[name] == nil, let id { fields[name] = JSON(id) }
    }
    return fields
  }
}
