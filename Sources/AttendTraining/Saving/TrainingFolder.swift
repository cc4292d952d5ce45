import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// A run's folder:
///
///     config.json, tokenizer.json   the model's, so that the folder is a checkpoint that `attend` runs
///     model.safetensors             the best weights so far, or the latest when nothing is held out
///     metrics.jsonl, loss.svg       how it went
///     checkpoints/step-000000500/   what --resume continues from
///
/// A checkpoint is written under a hidden name, forced to the disk and renamed, so at any moment the newest one that
/// can be seen is whole.
package struct TrainingFolder: Sendable {
  package let path: String
  /// What must be the same when a run continues.
  let identity: RunIdentity

  package init(path: String, identity: RunIdentity) {
    self.path = path
    self.identity = identity
  }

  private static let format = 1
  private static let stateName = "training.json"

  var metricsPath: String { path + "/metrics.jsonl" }
  var curvePath: String { path + "/loss.svg" }
  var modelPath: String { path + "/model.safetensors" }
  private var checkpointsPath: String { path + "/checkpoints" }

  /// Creates what is missing, and removes what a stopped process has left.
  func prepare() throws(AttendError) {
    try AtomicFolder.create(checkpointsPath)
    AtomicFolder.clean(checkpointsPath)
    AtomicFolder.clean(path)
  }

  /// Updates done at each checkpoint, oldest first.
  var savedSteps: [Int] {
    let names = (try? Folder.names(in: checkpointsPath)) ?? []
    return names.compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }.sorted()
  }

  /// Where a checkpoint is.
  package func path(ofStep step: Int) -> String {
    let digits = String(step)
    return "\(checkpointsPath)/step-\(String(repeating: "0", count: max(9 - digits.utf8.count, 0)))\(digits)"
  }

  // MARK: Writing

  /// - Throws: `system` when the disk is full; earlier checkpoints are then untouched.
  func save(_ state: TrainingState, keeping kept: Int) throws -> String {
    let place = path(ofStep: state.step)
    try AtomicFolder.write(to: place) { folder in
      try Self.write(state.parameters, to: folder + "/model.safetensors")
      var tensors: [TensorToWrite] = []
      for (kind, slot) in state.optimizer.slots.sorted(by: { $0.key < $1.key }) {
        tensors += try Self.tensors(slot, prefix: kind + "/")
      }
      try SafetensorsWriter.write(tensors, to: folder + "/optimizer.safetensors")
      if let average = state.average { try Self.write(average, to: folder + "/average.safetensors") }
      try writeAtomically(to: folder + "/" + Self.stateName, json(state).utf8(pretty: true))
    }
    for step in savedSteps.filter({ $0 <= state.step }).dropLast(kept) { AtomicFolder.remove(path(ofStep: step)) }
    return place
  }

  /// Writes the weights that the folder as a whole stands for.
  func publish(_ parameters: Parameters) throws { try Self.write(parameters, to: modelPath) }

  private static func write(_ parameters: Parameters, to path: String) throws {
    try SafetensorsWriter.write(tensors(parameters), metadata: ["format": "pt"], to: path)
  }

  private static func tensors(_ parameters: Parameters, prefix: String = "") throws -> [TensorToWrite] {
    try zip(parameters.names, parameters.values).map { name, tensor in
      try TensorToWrite(prefix + name, .dense(.float32), shape: Array(tensor.shape)) { sink in
        try tensor.withBytes { try sink(UnsafeRawBufferPointer(start: $0, count: tensor.count * 4)) }
      }
    }
  }

  private func json(_ state: TrainingState) -> JSON {
    var object = JSON.Object()
    object["format"] = JSON(Self.format)
    object["step"] = JSON(state.step)
    object["epoch"] = JSON(state.position.epoch)
    object["batch"] = JSON(state.position.batch)
    object["optimizer_step"] = JSON(state.optimizer.step)
    object["tokens"] = JSON(state.tokens)
    object["seconds"] = JSON(state.seconds)
    object["evaluations_without_improvement"] = JSON(state.evaluationsWithoutImprovement)
    if let best = state.best { object["best"] = ["step": JSON(best.step), "validation_loss": JSON(best.loss)] }
    object["run"] = identity.json
    return .object(object)
  }

  // MARK: Reading

  /// The newest checkpoint.
  /// - Parameter parameters: of the model as it is configured now: names, order and shapes.
  /// - Throws: `not-found` when there is none; `parameter-mismatch` when it belongs to another model or run, naming what
  ///   differs; `damaged-file`.
  func load(expecting parameters: Parameters) throws -> TrainingState {
    guard let step = savedSteps.last else {
      throw AttendError(
        .notFound, "\(path) holds no checkpoint to continue from", hint: "leave out --resume to start a new run")
    }
    let place = path(ofStep: step)
    let file = try MappedFile(path: "\(place)/\(Self.stateName)")
    let json = try JSON(parsing: file.copied, source: file.path)
    guard json["format"]?.intValue == Self.format else {
      throw AttendError(.unsupported, "\(file.path) was written by another version")
    }
    try identity.check(resuming: json["run"] ?? .null, from: place)
    func count(_ name: String) throws -> Int {
      guard let value = json[name]?.intValue, value >= 0 else {
        throw AttendError(.damagedFile, "\(file.path): \(name) is missing or no count")
      }
      return value
    }
    var state = TrainingState(
      step: try count("step"), position: DataPosition(epoch: try count("epoch"), batch: try count("batch")),
      parameters: try Self.read("\(place)/model.safetensors", like: parameters))
    state.tokens = try count("tokens")
    state.seconds = json["seconds"]?.doubleValue ?? 0
    state.evaluationsWithoutImprovement = try count("evaluations_without_improvement")
    if let best = json["best"], let step = best["step"]?.intValue, let loss = best["validation_loss"]?.doubleValue {
      state.best = BestValidation(step: step, loss: loss)
    }
    state.optimizer.step = try count("optimizer_step")
    state.optimizer.slots = try readSlots("\(place)/optimizer.safetensors")
    if Folder.hasFile("\(place)/average.safetensors") {
      state.average = try Self.read("\(place)/average.safetensors", like: parameters)
    }
    return state
  }

  private func readSlots(_ path: String) throws -> [String: Parameters] {
    let tensors = try SafetensorsFile(path: path).tensors
    var slots: [String: Parameters] = [:]
    for name in tensors.names {
      guard let slash = name.firstIndex(of: "/") else {
        throw AttendError(.damagedFile, "\(path): the tensor \(quoted(name)) belongs to no state of an optimizer")
      }
      let view = try tensors.tensor(name)
      slots[String(name[..<slash]), default: Parameters()][String(name[name.index(after: slash)...])] =
        Tensor(view.floats(), shape: Shape(view.shape))
    }
    return slots
  }

  /// Parameters in the order and with the frozen names of `model`.
  private static func read(_ path: String, like model: Parameters) throws -> Parameters {
    let tensors = try SafetensorsFile(path: path).tensors
    var result = model
    for (name, tensor) in zip(model.names, model.values) {
      guard let view = try tensors[name] else {
        throw AttendError(.parameterMismatch, "\(path) lacks \(name), which the model has", hint: mismatchHint)
      }
      guard view.shape == Array(tensor.shape) else {
        throw AttendError(
          .parameterMismatch, "\(path): \(name) is \(view.shape), the model's is \(Array(tensor.shape))",
          hint: mismatchHint)
      }
      result[name] = Tensor(view.floats(), shape: tensor.shape)
    }
    if let extra = tensors.names.first(where: { model[$0] == nil }) {
      throw AttendError(.parameterMismatch, "\(path) has \(extra), which the model lacks", hint: mismatchHint)
    }
    return result
  }

  private static let mismatchHint = "resume with the configuration that wrote the checkpoint"
}
