import AttendBase
import AttendFormats
import AttendGeneration
import AttendModels
import AttendTensor
import AttendText

/// Writes a model in another form: quantized, or as safetensors and GGUF.
///
/// Files appear whole or not at all; a cancelled task leaves nothing behind. Weights are read and written piece by piece,
/// so memory holds about one of them.
public enum ModelConversion {
  /// Told how many of the model's parameters were written.
  public typealias Progress = @Sendable (_ written: Int, _ all: Int) -> Void

  /// Writes a GGUF file whose matrices are quantized. Which tensor gets which type is as llama.cpp chooses it; Q4_K and
  /// Q5_K are its mixtures with some matrices in Q6_K.
  ///
  /// - Parameters:
  ///   - format: Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K or Q6_K.
  ///   - path: of the new file; one that exists is replaced.
  /// - Throws: `unsupported` naming what GGUF cannot say, `not-a-number` naming a tensor with weights that are none,
  ///   `parameter-mismatch`, `damaged-file`, `not-found`, `system`; `CancellationError`.
  public static func quantize(
    _ model: ModelLocation, to path: String, as format: BlockFormat, progress: @escaping Progress = { _, _ in }
  ) async throws -> ConversionSummary {
    guard BlockFormat.quantizationTargets.contains(format) else {
      throw AttendError(
        .unsupported, "models are not quantized to \(format)",
        hint: "use one of " + BlockFormat.quantizationTargets.map(\.rawValue).joined(separator: ", "))
    }
    return try await run(progress) { report in
      let checkpoint = try Checkpoint(path: model.path)
      return try writeGGUF(checkpoint, .blocks(format), to: path, report)
    }
  }

  /// Writes a model as GGUF (a `path` that ends in `.gguf`) or as a folder that Hugging Face's libraries read, tokenizer
  /// and chat template included.
  ///
  /// - Parameters:
  ///   - type: of the matrices: `.float32`, `.float16` or `.bfloat16`; nil for the checkpoint's own, and float32, which
  ///     holds every weight as it is, where that is quantized.
  ///   - path: of the new file, which is replaced where it exists, or of the new folder, which must not.
  /// - Throws: as ``quantize(_:to:as:progress:)``.
  public static func convert(
    _ model: ModelLocation, to path: String, type: DType? = nil, progress: @escaping Progress = { _, _ in }
  ) async throws -> ConversionSummary {
    if let type, ![.float32, .float16, .bfloat16].contains(type) {
      throw AttendError(.unsupported, "models are not written as \(type)", hint: "use float32, float16 or bfloat16")
    }
    return try await run(progress) { report in
      let checkpoint = try Checkpoint(path: model.path)
      let chosen = ElementType.dense(type ?? defaultType(of: checkpoint))
      return path.hasSuffix(".gguf")
        ? try writeGGUF(checkpoint, chosen, to: path, report)
        : try writeFolder(checkpoint, chosen, to: path, report)
    }
  }

  private static func run(
    _ progress: @escaping Progress, _ body: @escaping @Sendable (Report) throws -> ConversionSummary
  ) async throws -> ConversionSummary {
    let thread = try ComputeThread(name: "attend-convert")
    let isCancelled = Locked(false)
    return try await withTaskCancellationHandler {
      try await thread.run { try body(Report(progress: progress, isCancelled: isCancelled)) }
    } onCancel: {
      isCancelled.withLock { $0 = true }
    }
  }

  private static func defaultType(of checkpoint: Checkpoint) -> DType {
    let largest = checkpoint.tensors.entries.max { $0.byteRange.count < $1.byteRange.count }
    if case .dense(let type) = largest?.elementType, type == .float16 || type == .bfloat16 { return type }
    return .float32
  }

  /// Counts what is written.
  final class Report {
    private let progress: Progress
    private let isCancelled: Locked<Bool>
    private var written = 0
    var all = 0

    init(progress: @escaping Progress, isCancelled: Locked<Bool>) {
      self.progress = progress
      self.isCancelled = isCancelled
    }

    func wrote(_ count: Int) throws {
      if isCancelled.withLock({ $0 }) { throw CancellationError() }
      written += count
      progress(written, all)
    }
  }

  // MARK: GGUF

  private static func writeGGUF(
    _ checkpoint: Checkpoint, _ type: ElementType, to path: String, _ report: Report
  ) throws -> ConversionSummary {
    try refuseSame(checkpoint, path)
    let model = try ModelRegistry.gguf(of: checkpoint)
    var summary = ConversionSummary(bytesBefore: checkpoint.tensors.entries.reduce(0) { $0 + $1.byteRange.count })
    if case .blocks(let before)? = largestType(model.tensors) {
      summary.notes.append(
        "the model is already quantized (\(before))"
          + (type.isQuantized ? ": its errors and new ones add up; quantize the original where you can" : ""))
    }
    var metadata = GGUFMetadata()
    metadata["general.architecture"] = model.configuration["general.architecture"]
    metadata["general.name"] = .string(name(of: checkpoint))
    for (key, value) in model.configuration.entries where !key.hasPrefix("split.") { metadata[key] = value }
    if case .huggingFace = checkpoint.configuration {
      try addTokenizer(of: checkpoint, model.tensors, to: &metadata, &summary.notes)
    }
    metadata["general.file_type"] = type.ggufFileType.map { .uint32($0) }
    metadata["general.quantization_version"] = type.isQuantized ? .uint32(2) : nil
    let policy = QuantizationPolicy(type, metadata: metadata, names: model.tensors.map(\.name))
    var writing: [TensorToWrite] = []
    for tensor in model.tensors {
      let (type, wanted) = policy.type(of: tensor)
      summary.add(tensor, as: type, insteadOf: wanted)
      writing.append(try tensor.writing(as: type) { try report.wrote($0) })
    }
    report.all = summary.parameters
    try report.wrote(0)
    try GGUFWriter.write(writing, metadata: metadata, to: path)
    summary.finish()
    return summary
  }

  private static func largestType(_ tensors: [ConvertedTensor]) -> ElementType? {
    tensors.max { $0.elementCount < $1.elementCount }?.storedType
  }

  private static func name(of checkpoint: Checkpoint) -> String {
    var path = checkpoint.path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let name = Folder.lastName(of: path)
    return name == "model.safetensors" ? Folder.lastName(of: Folder.parent(of: path)) : name
  }

  /// Replacing the file that is read would lose it if anything is wrong with the new one.
  private static func refuseSame(_ checkpoint: Checkpoint, _ path: String) throws(AttendError) {
    let files = Set(checkpoint.tensors.entries.map(\.file.path))
    if files.contains(where: { Folder.isSame($0, path) }) || Folder.isSame(checkpoint.path, path) {
      throw AttendError(.invalidInput, "\(path) is the model itself", hint: "give another path for the new one")
    }
  }

  // MARK: Folders

  private static func writeFolder(
    _ checkpoint: Checkpoint, _ type: ElementType, to path: String, _ report: Report
  ) throws -> ConversionSummary {
    let model = try ModelRegistry.huggingFace(of: checkpoint)
    var summary = ConversionSummary(bytesBefore: checkpoint.tensors.entries.reduce(0) { $0 + $1.byteRange.count })
    let folder = try AtomicFolder(path: path)
    var fields = model.configuration
    if let name = type.huggingFaceName { fields["torch_dtype"] = .string(name) }
    try folder.addTokenizer(of: checkpoint, &fields, &summary.notes)
    try folder.write("config.json", .object(fields))
    var writing: [TensorToWrite] = []
    for tensor in model.tensors {
      // Vectors that the type would round keep single precision: they are small, and matter.
      let chosen = try tensor.isMatrix || tensor.isExact(in: type) ? type : .dense(.float32)
      summary.add(tensor, as: chosen, insteadOf: nil)
      writing.append(try tensor.writing(as: chosen) { try report.wrote($0) })
    }
    report.all = summary.parameters
    try report.wrote(0)
    try SafetensorsWriter.write(writing, metadata: ["format": "pt"], to: folder.file("model.safetensors"))
    try folder.commit()
    summary.finish()
    return summary
  }
}

extension ElementType {
  /// `torch_dtype` of a `config.json`.
  fileprivate var huggingFaceName: String? {
    if case .dense(let type) = self { type.rawValue } else { nil }
  }
}
