// `import Attend` is enough: these are the types that appear in its own interface.
@_exported import AttendGeneration

@_exported import struct AttendBase.AttendError
@_exported import struct AttendModels.LowRankAdapter
@_exported import enum AttendTensor.BlockFormat
@_exported import enum AttendTensor.DType
@_exported import enum AttendTensor.Hardware
@_exported import enum AttendTensor.Precision
@_exported import struct AttendText.ChatMessage
@_exported import struct AttendText.ToolCall
