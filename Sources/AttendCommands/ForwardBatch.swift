import AttendBase
import AttendFormats
import AttendModels
import AttendNN
import AttendTensor

/// A padded batch from a file: its rows run end to end without the padding, and results are padded again.
struct ForwardBatch: Sendable {
  /// Tokens of each row that the mask keeps.
  private let rows: [[Int32]]
  /// For each place of the padded batch, the packed row that belongs there; nil for padding.
  private let places: [Int?]
  private let batch: Int
  private let length: Int
  private let path: String

  /// - Throws: `invalid-input` when `input_ids` is missing, a shape or a value is wrong, or there is an input that this
  ///   version does not know; what the reader throws.
  init(path: String) throws(AttendError) {
    let tensors = try SafetensorsFile(path: path).tensors
    for name in tensors.names where name != "input_ids" && name != "attention_mask" {
      throw AttendError(
        .invalidInput, "\(path): the input \(quoted(name)) is not known to this version",
        hint: "the inputs of a language model are input_ids and attention_mask")
    }
    guard let ids = try tensors["input_ids"] else {
      throw AttendError(
        .invalidInput, "\(path): the input \"input_ids\" is missing", hint: "give it as int64 [batch, length]")
    }
    guard ids.shape.count == 2 else {
      throw AttendError(.invalidInput, "\(path): input_ids has the shape \(ids.shape), expected [batch, length]")
    }
    let values = try Self.integers(ids, path)
    var mask: [Int]?
    if let view = try tensors["attention_mask"] {
      guard view.shape == ids.shape else {
        throw AttendError(
          .invalidInput, "\(path): attention_mask has the shape \(view.shape), input_ids \(ids.shape)")
      }
      mask = try Self.integers(view, path)
      if let other = mask?.first(where: { $0 != 0 && $0 != 1 }) {
        throw AttendError(.invalidInput, "\(path): attention_mask holds \(other), expected 0 or 1")
      }
    }
    (batch, length) = (ids.shape[0], ids.shape[1])
    self.path = path
    var rows: [[Int32]] = []
    var places: [Int?] = []
    places.reserveCapacity(values.count)
    var used = 0
    for row in 0..<batch {
      var kept: [Int32] = []
      for place in row * length..<(row + 1) * length {
        guard mask?[place] ?? 1 == 1 else {
          places.append(nil)
          continue
        }
        guard let id = Int32(exactly: values[place]), id >= 0 else {
          throw AttendError(.invalidInput, "\(path): input_ids holds \(values[place]), which is no token id")
        }
        kept.append(id)
        places.append(used)
        used += 1
      }
      rows.append(kept)
    }
    self.rows = rows
    self.places = places
  }

  /// The results by name, each `[tokens, …]` without padding.
  /// - Throws: `invalid-input` for an id outside the vocabulary, `context-overflow`, `limit-exceeded` when the results
  ///   would not fit into this machine's memory.
  func run(_ model: any CausalLanguageModel, keepsHiddenStates: Bool) throws(AttendError) -> [(name: String, Tensor)] {
    var sequences = rows.filter { !$0.isEmpty }
    for (row, ids) in rows.enumerated() {
      guard ids.count <= model.contextLength else {
        throw AttendError(
          .contextOverflow,
          "\(path): row \(row) has \(ids.count) tokens; the model's context holds \(model.contextLength)",
          hint: "shorten the row")
      }
      if let id = ids.first(where: { Int($0) >= model.vocabularySize }) {
        throw AttendError(
          .invalidInput, "\(path): the token \(id) is outside the model's vocabulary of \(model.vocabularySize)",
          hint: "do tokenizer and model belong together?")
      }
    }
    let (bytes, overflow) = (places.count * 4).multipliedReportingOverflow(by: model.vocabularySize)
    guard !overflow, bytes < physicalMemory / 2 else {
      throw AttendError(
        .limitExceeded, "\(path): the logits of \(places.count) places would take \(Numbers.bytes(bytes))",
        hint: "run fewer rows at once")
    }
    // Of an empty batch only the shapes of the results are wanted: any token shows them.
    if sequences.isEmpty { sequences = [[0]] }
    var pass = ForwardPass(lengths: sequences.map(\.count), keepsHiddenStates: keepsHiddenStates)
    let tokens = sequences.flatMap { $0 }
    let logits = model(Tensor(tokens, shape: [tokens.count]), &pass)
    let hidden = (pass.hiddenStates ?? []).enumerated().map { (name: "hidden_states.\($0)", $1) }
    return [(name: "logits", logits)] + hidden
  }

  /// Results as tensors to write, padded with zeros.
  /// - Parameter check: called now and then; what it throws ends the writing.
  func padded(
    _ results: [(name: String, Tensor)], check: @escaping @Sendable () throws -> Void
  ) throws(AttendError) -> [TensorToWrite] {
    try results.map { (name, result) throws(AttendError) in
      let width = result.shape[1]
      return try TensorToWrite(name, .dense(.float32), shape: [batch, length, width]) { sink in
        let zeros = [Float](repeating: 0, count: width)
        try result.withFloats { floats in
          for place in places {
            try check()
            if let place {
              try sink(UnsafeRawBufferPointer(UnsafeBufferPointer(start: floats + place * width, count: width)))
            } else {
              try zeros.withUnsafeBytes(sink)
            }
          }
        }
      }
    }
  }

  private static func integers(_ view: TensorView, _ path: String) throws(AttendError) -> [Int] {
    guard case .dense(let type) = view.elementType, [.int64, .int32, .int8, .uint8, .bool].contains(type) else {
      throw AttendError(
        .invalidInput, "\(path): \(view.name) has the type \(view.elementType), expected int64 or int32")
    }
    return view.withUnsafeBytes { bytes in
      (0..<view.elementCount).map { index in
        switch type {
        case .int64: Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self)))
        case .int32: Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self)))
        case .int8: Int(Int8(bitPattern: bytes[index]))
        default: Int(bytes[index])
        }
      }
    }
  }
}
