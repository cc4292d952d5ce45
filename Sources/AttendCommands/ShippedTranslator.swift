import Attend
import AttendBase
import AttendFormats
import CAttendTranslator

/// The translator inside the program.
enum ShippedTranslator {
  /// Its files as they lie in the program's memory; nil for a program built without one.
  static var files:
    (weights: UnsafeRawBufferPointer, configuration: UnsafeRawBufferPointer, tokenizer: UnsafeRawBufferPointer)?
  {
    let weights = attend_translator_weights()
    guard weights.count > 0 else { return nil }
    return (buffer(weights), buffer(attend_translator_configuration()), buffer(attend_translator_tokenizer()))
  }

  private static func buffer(_ file: attend_translator_file) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: file.bytes, count: file.count)
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
