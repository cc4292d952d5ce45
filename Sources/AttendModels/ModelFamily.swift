import AttendNN
import AttendTensor

/// An architecture family: how to read its configuration, what its weights are called, how to build it.
/// Adding one means one file with these members, and one line in `ModelRegistry.families`.
///
/// What the model does is a second protocol that the family conforms to: ``CausalLanguageModel`` or
/// ``SequenceToSequenceModel``.
public protocol ModelFamily: Sendable {
  associatedtype Config: Sendable

  /// Names in `architectures` of `config.json`.
  static var architectures: [String] { get }
  /// The `model_type` of `config.json`.
  static var modelType: String { get }
  /// What the base model's names start with in a checkpoint of the whole model.
  static var basePrefix: String { get }
  /// How GGUF files write this family down; nil when they do not.
  static var gguf: GGUFMap? { get }
  /// What the family is for, given by the protocol it conforms to.
  static var kind: ModelKind { get }

  static func configuration(_ fields: ConfigurationFields) throws -> Config
  /// Stored weights of no use to a forward pass: buffers, tied copies.
  static func ignores(weight name: String, _ config: Config) -> Bool

  init(_ scope: WeightScope, _ config: Config)
}

/// What a model is for.
public enum ModelKind: Sendable, Hashable {
  /// It continues a text: ``CausalLanguageModel``.
  case language
  /// It turns a text into another one: ``SequenceToSequenceModel``.
  case sequenceToSequence

  /// For messages.
  package var description: String {
    switch self {
    case .language: "a language model, which continues a text"
    case .sequenceToSequence: "an encoder-decoder, which translates a text"
    }
  }

  /// How a model of this kind is run.
  package var usage: String {
    switch self {
    case .language: "run it with `attend generate` (in Swift: LanguageModel.load)"
    case .sequenceToSequence: "run it with `attend translate` (in Swift: Translator.load)"
    }
  }
}

extension ModelFamily where Self: CausalLanguageModel {
  public static var kind: ModelKind { .language }
}

extension ModelFamily where Self: SequenceToSequenceModel {
  public static var kind: ModelKind { .sequenceToSequence }
}
