import AttendBase

/// Reads a SentencePiece model as its own library writes it: `tokenizer.model`, `spiece.model`.
///
/// Format: `sentencepiece_model.proto` of https://github.com/google/sentencepiece.
public enum SentencePieceFile {
  /// - Parameter configuration: the `tokenizer_config.json` beside it, which says what goes around a text.
  /// - Throws: `damagedFile`; `unsupported` for models of words or characters, and for ▁ after words.
  public static func read(_ file: MappedFile, configuration: JSON? = nil) throws(AttendError) -> any Tokenizer {
    try model(file, configuration: configuration).tokenizer()
  }

  static func model(_ file: MappedFile, configuration: JSON?) throws(AttendError) -> SentencePieceModel {
    var model = SentencePieceModel(source: file.path)
    model.isSinglePrecision = true
    var message = ProtobufReader(file, 0..<file.bytes.count)
    while let (field, value) = try message.next() {
      switch field {
      case 1: try piece(ProtobufReader(file, try message.message(value)), into: &model)
      case 2: try trainer(ProtobufReader(file, try message.message(value)), into: &model)
      case 3: try normalizer(ProtobufReader(file, try message.message(value)), into: &model)
      default: break
      }
    }
    guard !model.pieces.isEmpty else {
      throw AttendError(.damagedFile, "\(file.path): no pieces", hint: "it is not a SentencePiece model")
    }
    for id in [
      model.specialTokens.beginning, model.specialTokens.end, model.specialTokens.unknown, model.specialTokens.padding,
    ].compactMap(\.self) where Int(id) >= model.pieces.count {
      throw AttendError(
        .damagedFile, "\(file.path): the token id \(id) lies outside the vocabulary of \(model.pieces.count)")
    }
    // What the Hugging Face classes for these models add when nothing is said: T5's an end, Llama's a beginning.
    model.addsBeginning =
      configuration?["add_bos_token"]?.boolValue ?? (model.algorithm == .bytePairs)
      && model.specialTokens.beginning != nil
    model.addsEnd =
      configuration?["add_eos_token"]?.boolValue ?? (model.algorithm == .unigram) && model.specialTokens.end != nil
    return model
  }

  private static func piece(_ reader: ProtobufReader, into model: inout SentencePieceModel) throws(AttendError) {
    var reader = reader
    var (piece, score, kind): (ArraySlice<UInt8>, Float, Int32) = ([], 0, SentencePieceModel.Kind.normal)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: piece = Array(reader.file.bytes[try reader.message(value)])[...]
      case 2:
        guard case .fixed32(let bits) = value else { throw reader.damage("a score that is no number") }
        score = Float(bitPattern: bits)
      case 3: kind = Int32(clamping: try reader.integer(value))
      default: break
      }
    }
    model.pieces.append(piece)
    model.scores.append(score)
    model.kinds.append(kind)
    if kind == SentencePieceModel.Kind.unknown {
      model.specialTokens.unknown = Int32(truncatingIfNeeded: model.pieces.count - 1)
    }
  }

  private static func trainer(_ reader: ProtobufReader, into model: inout SentencePieceModel) throws(AttendError) {
    var reader = reader
    // Minus one says that there is none.
    var (beginning, end, padding): (Int64, Int64, Int64) = (1, 2, -1)
    func id(_ value: Int64) -> Int32? { Int32(exactly: value).flatMap { $0 >= 0 ? $0 : nil } }
    while let (field, value) = try reader.next() {
      switch field {
      case 3:
        switch try reader.integer(value) {
        case 1: model.algorithm = .unigram
        case 2: model.algorithm = .bytePairs
        case let other: throw unsupported(reader, "the kind of model \(other)")
        }
      case 24: if try reader.integer(value) != 0 { throw unsupported(reader, "▁ after words") }
      case 35: model.byteFallback = try reader.integer(value) != 0
      case 41: beginning = try reader.integer(value)
      case 42: end = try reader.integer(value)
      case 43: padding = try reader.integer(value)
      default: break
      }
    }
    model.specialTokens.beginning = id(beginning)
    model.specialTokens.end = id(end)
    model.specialTokens.padding = id(padding)
  }

  private static func normalizer(_ reader: ProtobufReader, into model: inout SentencePieceModel) throws(AttendError) {
    var reader = reader
    while let (field, value) = try reader.next() {
      switch field {
      case 2:
        let bytes = Array(reader.file.bytes[try reader.message(value)])
        model.normalizer.map = bytes.isEmpty ? nil : try CharacterMap(bytes, source: reader.file.path)
      case 3: model.normalizer.addsPrefix = try reader.integer(value) != 0
      case 4: model.normalizer.removesExtraSpaces = try reader.integer(value) != 0
      case 5:
        guard try reader.integer(value) != 0 else { throw unsupported(reader, "spaces that stay spaces") }
      default: break
      }
    }
  }

  private static func unsupported(_ reader: ProtobufReader, _ what: String) -> AttendError {
    AttendError(.unsupported, "\(reader.file.path): \(what)")
  }
}
