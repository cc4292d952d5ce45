import Attend
import AttendBase
import AttendFormats

/// The translator inside the program.
enum ShippedTranslator {
  /// Its files as they lie in the program's memory; nil for a program built without one.
  static var files:
    (weights: UnsafeRawBufferPointer, configuration: UnsafeRawBufferPointer, tokenizer: UnsafeRawBufferPointer)?
  {
    nil
  }

  /// - Throws: `not-found` for a program built without one.
  static func load(precision: Precision?) async throws -> Translator {
    guard files != nil else {
      throw AttendError(
        .notFound, "this build has no translator inside", hint: "give --model and a folder made by `attend train`")
    }
    return try await Translator.load(precision: precision) {
      guard let files else { throw AttendError(.notFound, "this build has no translator inside") }
      return try Checkpoint(
        name: "the built-in translator", weights: MappedFile(constant: files.weights, name: "model.safetensors"),
        configuration: MappedFile(constant: files.configuration, name: "config.json"),
        tokenizer: MappedFile(constant: files.tokenizer, name: "tokenizer.json"))
    }
  }
}
