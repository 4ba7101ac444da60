-- Wireshark's dissector for recordings of COPP and OPM sessions (docs/recording.md). For Lua 5.1 to 5.4.
--
-- With the key log that --record-secrets writes (preference copp.keylog) it says of each MAC whether it is right.

local copp = Proto("copp", "Certified Output Protection Protocol")

copp.prefs.keylog = Pref.string("Key log", "", "the file that --record-secrets has written")

local HEADER = 32 -- of a message in the recording
local MESSAGE = 4096 -- of a command, a status request and a status answer
local BINDING = 3968 -- in a status answer (BIND-1)

-- Names --

local KINDS = {
    [1] = "Open",
    [2] = "KeyExchange",
    [3] = "SessionSequenceStart",
    [4] = "ProtectionCommand",
    [5] = "ProtectionStatus",
    [6] = "Close",
    [7] = "Event",
    [8] = "Messages missing",
}
local OPM_KINDS = {
    [2] = "StartInitialization",
    [3] = "FinishInitialization",
    [4] = "Configure",
    [5] = "GetInformation",
}
local DIRECTIONS = { [0] = "request", [1] = "answer", [2] = "note" }
local SEMANTICS = { [0] = "none", [1] = "COPP", [2] = "OPM" }

-- GUIDs as they lie in a message: the name under COPP and under OPM, and the shape of what goes with it.
local REQUESTS = {
    ["7c32b99bb54e27479f00b42b0919c0da"] = { "SetProtectionLevel", "OPM_SET_PROTECTION_LEVEL", "set_level" },
    ["a531a60984d6604c8e4dd3bb0f0be3ee"] = { "SetSignaling", "OPM_SET_ACP_AND_CGMSA_SIGNALING", "set_signaling" },
    ["d5bfd081fe6ac24899c095a08f97c5da"] = { "QueryConnectorType", "OPM_GET_CONNECTOR_TYPE", "connector" },
    ["01a8f2386c9abb489107b6696e6f1797"] = { "QueryProtectionType", "OPM_GET_SUPPORTED_PROTECTION_TYPES", "types" },
    ["575807b2da3e5d4d88db748f8c1a0549"] = { "QueryLocalProtectionLevel", "OPM_GET_VIRTUAL_PROTECTION_LEVEL", "level" },
    ["0a21571966772a45b99ad27aed54f03a"] = { "QueryGlobalProtectionLevel", "OPM_GET_ACTUAL_PROTECTION_LEVEL", "level" },
    ["a31bbfd713ad8e4faf980dcb3ca204cc"] = { "QueryDisplayData", "OPM_GET_ACTUAL_OUTPUT_FORMAT", "display" },
    ["749db50d92a92e49a0bdc23fda564e00"] = { "QueryHDCPKeyData", "OPM_GET_CONNECTED_HDCP_DEVICE_INFORMATION", "key" },
    ["73d6f4c6746184418e35f6db5200bcba"] = { "QueryBusData", "OPM_GET_ADAPTER_BUS_TYPE", "bus" },
    ["91a52966793bf34c924a11e8e7811671"] = { "QuerySignaling", "OPM_GET_ACP_AND_CGMSA_SIGNALING", "signaling" },
    ["ffcec5991d5f794881c1c52443c9482b"] = { nil, "OPM_GET_CURRENT_HDCP_SRM_VERSION", "number" },
    ["f36dcb724f24ce40b09e20506af6302f"] = { nil, "OPM_GET_OUTPUT_ID", "output" },
    ["bbb370a4d75d7241839c3d3776e0ebf5"] = { nil, "OPM_GET_DVI_CHARACTERISTICS", "number" },
    ["8995123bf82af04e96a2704a845a218e"] = { nil, "OPM_GET_OUTPUT_HARDWARE_PROTECTION_SUPPORT", "number" },
    ["3e33ce39c04cae44bfccda50b5f82e72"] = { nil, "OPM_SET_PROTECTION_LEVEL_ACCORDING_TO_CSS_DVD", "set_level" },
    ["d1f55e8b0dc3ff4484a5ea71dce78f13"] = { nil, "OPM_SET_HDCP_SRM", "set_srm" },
}

local HRESULTS = {
    [0x00000000] = "S_OK",
    [0x8000000A] = "E_PENDING",
    [0x80004001] = "E_NOTIMPL",
    [0x80004003] = "E_POINTER",
    [0x8000FFFF] = "E_UNEXPECTED",
    [0x8004029B] = "VFW_E_NO_COPP_HW",
    [0x80070005] = "E_ACCESSDENIED",
    [0x8007000E] = "E_OUTOFMEMORY",
    [0x80070057] = "E_INVALIDARG",
    [0x887600E1] = "DDERR_NOEXCLUSIVEMODE",
    [0x887601E0] = "DDERR_TOOBIGSIZE",
    [0x88760245] = "DDERR_EXCLUSIVEMODEALREADYSET",
    [0x8876024E] = "DDERR_UNSUPPORTEDMODE",
    [0xC02605E8] = "ERROR_GRAPHICS_SESSION_TYPE_CHANGE_IN_PROGRESS",
    [0xC0262500] = "ERROR_GRAPHICS_OPM_NOT_SUPPORTED",
    [0xC0262501] = "ERROR_GRAPHICS_COPP_NOT_SUPPORTED",
    [0xC0262502] = "ERROR_GRAPHICS_UAB_NOT_SUPPORTED",
    [0xC0262503] = "ERROR_GRAPHICS_OPM_INVALID_ENCRYPTED_PARAMETERS",
    [0xC0262505] = "ERROR_GRAPHICS_OPM_NO_VIDEO_OUTPUTS_EXIST",
    [0xC026250B] = "ERROR_GRAPHICS_OPM_INTERNAL_ERROR",
    [0xC026250C] = "ERROR_GRAPHICS_OPM_INVALID_HANDLE",
    [0xC026250E] = "ERROR_GRAPHICS_PVP_INVALID_CERTIFICATE_LENGTH",
    [0xC026250F] = "ERROR_GRAPHICS_OPM_SPANNING_MODE_ENABLED",
    [0xC0262510] = "ERROR_GRAPHICS_OPM_THEATER_MODE_ENABLED",
    [0xC0262511] = "ERROR_GRAPHICS_PVP_HFS_FAILED",
    [0xC0262512] = "ERROR_GRAPHICS_OPM_INVALID_SRM",
    [0xC0262513] = "ERROR_GRAPHICS_OPM_OUTPUT_DOES_NOT_SUPPORT_HDCP",
    [0xC0262514] = "ERROR_GRAPHICS_OPM_OUTPUT_DOES_NOT_SUPPORT_ACP",
    [0xC0262515] = "ERROR_GRAPHICS_OPM_OUTPUT_DOES_NOT_SUPPORT_CGMSA",
    [0xC0262516] = "ERROR_GRAPHICS_OPM_HDCP_SRM_NEVER_SET",
    [0xC0262517] = "ERROR_GRAPHICS_OPM_RESOLUTION_TOO_HIGH",
    [0xC0262518] = "ERROR_GRAPHICS_OPM_ALL_HDCP_HARDWARE_ALREADY_IN_USE",
    [0xC026251A] = "ERROR_GRAPHICS_OPM_VIDEO_OUTPUT_NO_LONGER_EXISTS",
    [0xC026251B] = "ERROR_GRAPHICS_OPM_SESSION_TYPE_CHANGE_IN_PROGRESS",
    [0xC026251C] = "ERROR_GRAPHICS_OPM_VIDEO_OUTPUT_DOES_NOT_HAVE_COPP_SEMANTICS",
    [0xC026251D] = "ERROR_GRAPHICS_OPM_INVALID_INFORMATION_REQUEST",
    [0xC026251E] = "ERROR_GRAPHICS_OPM_DRIVER_INTERNAL_ERROR",
    [0xC026251F] = "ERROR_GRAPHICS_OPM_VIDEO_OUTPUT_DOES_NOT_HAVE_OPM_SEMANTICS",
    [0xC0262520] = "ERROR_GRAPHICS_OPM_SIGNALING_NOT_SUPPORTED",
    [0xC0262521] = "ERROR_GRAPHICS_OPM_INVALID_CONFIGURATION_REQUEST",
    [0xC0262580] = "ERROR_GRAPHICS_I2C_NOT_SUPPORTED",
    [0xC0262581] = "ERROR_GRAPHICS_I2C_DEVICE_DOES_NOT_EXIST",
    [0xC0262582] = "ERROR_GRAPHICS_I2C_ERROR_TRANSMITTING_DATA",
    [0xC0262583] = "ERROR_GRAPHICS_I2C_ERROR_RECEIVING_DATA",
    [0xC02625E0] = "ERROR_GRAPHICS_ONLY_CONSOLE_SESSION_SUPPORTED",
    [0xC02625E1] = "ERROR_GRAPHICS_NO_DISPLAY_DEVICE_CORRESPONDS_TO_NAME",
    [0xC02625E2] = "ERROR_GRAPHICS_DISPLAY_DEVICE_NOT_ATTACHED_TO_DESKTOP",
    [0xC02625E3] = "ERROR_GRAPHICS_MIRRORING_DEVICES_NOT_SUPPORTED",
    [0xC02625E4] = "ERROR_GRAPHICS_INVALID_POINTER",
    [0xC02625E5] = "ERROR_GRAPHICS_NO_MONITORS_CORRESPOND_TO_DISPLAY_DEVICE",
    [0xC02625E6] = "ERROR_GRAPHICS_PARAMETER_ARRAY_TOO_SMALL",
    [0xC02625E7] = "ERROR_GRAPHICS_INTERNAL_ERROR",
}

local TYPES = {
    { 0x1, "HDCP" },
    { 0x2, "ACP" },
    { 0x4, "CGMS-A" },
    { 0x8, "HDCP (OPM)" },
    { 0x10, "DPCP" },
    { 0x20, "type enforcement" },
    { 0x80000000, "unknown" },
}
local EVENTS = {
    { 0x1, "LinkLost" },
    { 0x2, "RenegotiationRequired" },
    { 0x4, "TamperingDetected" },
    { 0x8, "RevokedHDCPDevice" },
}
local STANDARDS = {
    { 0x1, "IEC61880_525i" },
    { 0x2, "IEC61880_2_525i" },
    { 0x4, "IEC62375_625p" },
    { 0x8, "EIA608B_525" },
    { 0x10, "EN300294_625i" },
    { 0x20, "CEA805A_TypeA_525p" },
    { 0x40, "CEA805A_TypeA_750p" },
    { 0x80, "CEA805A_TypeA_1125i" },
    { 0x100, "CEA805A_TypeB_525p" },
    { 0x200, "CEA805A_TypeB_750p" },
    { 0x400, "CEA805A_TypeB_1125i" },
    { 0x800, "ARIBTRB15_525i" },
    { 0x1000, "ARIBTRB15_525p" },
    { 0x2000, "ARIBTRB15_750p" },
    { 0x4000, "ARIBTRB15_1125i" },
    { 0x80000000, "unknown" },
}
local FLAGS = {
    { 0x1, "simulated" },
    { 0x2, "recorded by the driver" },
    { 0x4, "identifies a receiver" },
    { 0x8, "cut" },
}
local BOUND = { { 0x1, "real" }, { 0x2, "plugged" }, { 0x4, "receiver named" } }
local CONNECTORS = {
    [0] = "VGA", "S-Video", "Composite", "Component", "DVI", "HDMI", "LVDS", "TMDS", "D-JPN", "SDI", "DisplayPort",
    "embedded DisplayPort", "UDI", "embedded UDI", "reserved", "Miracast", "digital, transport-agnostic, mode A",
    "digital, transport-agnostic, mode B",
}
local BUSES = { [0] = "unknown", "PCI", "PCI-X", "PCI Express", "AGP" }
local SAMPLES = {
    [0] = "unknown scan",
    [2] = "progressive",
    [3] = "interlaced, even field first",
    [4] = "interlaced, odd field first",
    [5] = "single even field",
    [6] = "single odd field",
}
local ON_OFF = { [0] = "off", "on" }
local LEVELS = {
    [1] = ON_OFF,
    [2] = { [0] = "off", "level 1", "level 2", "level 3" },
    [4] = { [0] = "off", "copy-freely", "copy-no-more", "copy-one-generation", "copy-never" },
    [8] = ON_OFF,
    [0x10] = ON_OFF,
    [0x20] = { [0] = "off", "on", "Type 1" },
}

-- Whether the bit is set, without a library for bits: those differ from one Lua to the next.
local function has(value, bit)
    return value % (2 * bit) >= bit
end

local function bits(value, names, none)
    local found = {}
    for _, entry in ipairs(names) do
        if has(value, entry[1]) then
            found[#found + 1] = entry[2]
            value = value - entry[1]
        end
    end
    if value > 0 then
        found[#found + 1] = string.format("0x%X", value)
    end
    return #found > 0 and table.concat(found, ", ") or none
end

local function level_name(kind, level)
    local redistribution = kind == 4 and level >= 8 and level <= 12
    local name = (LEVELS[kind] or {})[redistribution and level - 8 or level]
    if not name then
        return "invalid level"
    end
    return redistribution and name .. ", redistribution control" or name
end

local function connector_name(kind, opm)
    local internal = not opm and kind ~= 0xFFFFFFFF and has(kind, 0x80000000)
    local name = CONNECTORS[internal and kind - 0x80000000 or kind] or "unknown"
    return internal and "internal " .. name or name
end

local function hresult_name(hresult)
    return HRESULTS[hresult] or "unknown HRESULT"
end

-- Fields --

local f, all = {}, {}
local function field(name, make, label, ...)
    f[name] = make("copp." .. name, label, ...)
    all[#all + 1] = f[name]
end

field("version", ProtoField.uint8, "Version")
field("kind", ProtoField.uint8, "Kind", base.DEC, KINDS)
field("direction", ProtoField.uint8, "Direction", base.DEC, DIRECTIONS)
field("semantics", ProtoField.uint8, "Semantics", base.DEC, SEMANTICS)
field("flags", ProtoField.uint32, "Flags", base.HEX)
field("session", ProtoField.uint32, "Session")
field("exchange", ProtoField.uint32, "Exchange")
field("hresult", ProtoField.uint32, "HRESULT", base.HEX)
field("hresult.name", ProtoField.string, "HRESULT")
field("result", ProtoField.int32, "No answer: result")
field("message_size", ProtoField.uint32, "Message's size")
field("additional_size", ProtoField.uint32, "Additional size")
field("request_in", ProtoField.framenum, "Request in", base.NONE, frametype.REQUEST)
field("answer_in", ProtoField.framenum, "Answer in", base.NONE, frametype.RESPONSE)
field("request", ProtoField.string, "Request")
field("connector", ProtoField.string, "Connector")
field("note", ProtoField.string, "Note")
field("missing", ProtoField.uint32, "Messages missing")
field("random", ProtoField.bytes, "Driver's random number (guidRandom, rnRandomNumber)")
field("chain", ProtoField.bytes, "Certificate chain")
field("ciphertext", ProtoField.bytes, "Encrypted secrets (WIRE-1, OPM-WIRE-5)")
field("mac", ProtoField.bytes, "MAC (macKDI, omac)")
field("mac.right", ProtoField.bool, "MAC right")
field("guid", ProtoField.guid, "GUID")
field("sequence", ProtoField.uint32, "Sequence number (dwSequence, ulSequenceNumber)", base.HEX)
field("data_size", ProtoField.uint32, "Size of the data (cbSizeData, cbParametersSize)")
field("rapp", ProtoField.bytes, "Application's random number (rApp, rnRandomNumber)")
field("type", ProtoField.uint32, "Protection type", base.HEX)
field("level", ProtoField.uint32, "Protection level")
field("reserved", ProtoField.bytes, "Reserved")
field("srm_version", ProtoField.uint32, "SRM version (ulSRMVersion)")
field("additional", ProtoField.bytes, "Additional parameters")
field("events", ProtoField.uint32, "Event flags (dwFlags, ulStatusFlags)", base.HEX)
field("types", ProtoField.uint32, "Protection types", base.HEX)
field("connector_type", ProtoField.uint32, "Connector type", base.HEX)
field("bus", ProtoField.uint32, "Bus type", base.HEX)
field("value", ProtoField.uint32, "Value")
field("output_id", ProtoField.bytes, "Output id")
field("width", ProtoField.uint32, "DisplayWidth")
field("height", ProtoField.uint32, "DisplayHeight")
field("format", ProtoField.uint32, "Format", base.HEX)
field("d3d_format", ProtoField.uint32, "d3dFormat")
field("frequency", ProtoField.string, "Frequency")
field("hdcp_flags", ProtoField.uint32, "dwHDCPFlags", base.HEX)
field("ksv", ProtoField.bytes, "KSV, which identifies the receiver (BKey)")
field("available", ProtoField.uint32, "AvailableTVProtectionStandards", base.HEX)
field("active", ProtoField.uint32, "ActiveTVProtectionStandard", base.HEX)
field("tv_type", ProtoField.uint32, "TVType")
field("aspect_mask", ProtoField.uint32, "Aspect ratio mask", base.HEX)
field("aspect_data", ProtoField.uint32, "Aspect ratio data", base.HEX)
field("extended", ProtoField.bytes, "Extended information")
field("binding", ProtoField.guid, "Binding (BIND-1)")
field("binding.guid", ProtoField.guid, "guidStatusRequestID, as received")
field("binding.sequence", ProtoField.uint32, "dwSequence, as received", base.HEX)
field("binding.size", ProtoField.uint32, "cbSizeData, as received")
field("binding.data", ProtoField.bytes, "StatusData, as received")
field("binding.command", ProtoField.uint32, "Command sequence number expected next", base.HEX)
field("binding.refused", ProtoField.uint32, "Requests refused (BIND-3)")
field("binding.flags", ProtoField.uint32, "Flags (BIND-6)", base.HEX)
field("binding.record", ProtoField.bytes, "Record (BIND-3)")
field("binding.connector", ProtoField.string, "Connector (BIND-7)")
copp.fields = all

local e = {
    refused = ProtoExpert.new("copp.refused", "The driver refuses", expert.group.RESPONSE_CODE, expert.severity.NOTE),
    mac = ProtoExpert.new("copp.mac.wrong", "The MAC is wrong", expert.group.CHECKSUM, expert.severity.ERROR),
    rapp = ProtoExpert.new("copp.rapp.wrong", "The answer's random number is not the request's (QRY-2)", expert.group.PROTOCOL,
        expert.severity.ERROR),
    bound = ProtoExpert.new("copp.binding.wrong", "The driver has received another question (BIND-4)", expert.group.PROTOCOL,
        expert.severity.ERROR),
    event = ProtoExpert.new("copp.event", "The driver tells of an event (EVT-1)", expert.group.SEQUENCE, expert.severity.WARN),
    silent = ProtoExpert.new("copp.silent", "The driver did not answer", expert.group.RESPONSE_CODE, expert.severity.ERROR),
    unknown = ProtoExpert.new("copp.guid.unknown", "The GUID is unknown", expert.group.UNDECODED, expert.severity.WARN),
    ksv = ProtoExpert.new("copp.ksv.wrong", "The KSV does not have 20 ones (SRM-5)", expert.group.PROTOCOL, expert.severity.ERROR),
    malformed = ProtoExpert.new("copp.malformed", "Not a message of a recording", expert.group.MALFORMED, expert.severity.ERROR),
}
copp.experts = { e.refused, e.mac, e.rapp, e.bound, e.event, e.silent, e.unknown, e.ksv, e.malformed }

-- AES-128 and OMAC-1 (CMD-1) --

-- Lua 5.1 and 5.2 have a library for bits, 5.3 and later have operators, which those cannot even parse.
local bxor, rshift
do
    local library = rawget(_G, "bit32") or rawget(_G, "bit")
    if library then
        bxor, rshift = library.bxor, library.rshift
    else
        bxor = load("return function(a, b) return a ~ b end")()
        rshift = load("return function(a, n) return (a & 0xFFFFFFFF) >> n end")()
    end
end

local SBOX = {}
local T = { {}, {}, {}, {} } -- a round's substitution and mixing, for each of a word's bytes

local function double(value)
    value = value * 2
    return value > 255 and bxor(value - 256, 0x1B) or value
end

local function word(a, b, c, d)
    return a * 0x1000000 + b * 0x10000 + c * 0x100 + d
end

local function make_tables()
    local logs, powers, power = {}, {}, 1
    for i = 0, 254 do
        powers[i], logs[power] = power, i
        power = bxor(power, double(power)) -- times 3, which generates all of them
    end
    for i = 0, 255 do
        local inverse = i == 0 and 0 or powers[(255 - logs[i]) % 255]
        local s, turned = inverse, inverse
        for _ = 1, 4 do
            turned = turned * 2
            turned = turned > 255 and turned - 255 or turned -- turns it to the left
            s = bxor(s, turned)
        end
        s = bxor(s, 0x63)
        local s2 = double(s)
        local s3 = bxor(s2, s)
        SBOX[i] = s
        T[1][i], T[2][i], T[3][i], T[4][i] = word(s2, s, s, s3), word(s3, s2, s, s), word(s, s3, s2, s), word(s, s, s3, s2)
    end
end
make_tables()

local function bytes_of(value)
    return rshift(value, 24) % 256, rshift(value, 16) % 256, rshift(value, 8) % 256, value % 256
end

local function expand(key)
    local words, rcon = {}, 1
    for i = 0, 3 do
        words[i] = word(key:byte(4 * i + 1, 4 * i + 4))
    end
    for i = 4, 43 do
        local last = words[i - 1]
        if i % 4 == 0 then
            local a, b, c, d = bytes_of(last)
            last = word(bxor(SBOX[b], rcon), SBOX[c], SBOX[d], SBOX[a])
            rcon = double(rcon)
        end
        words[i] = bxor(words[i - 4], last)
    end
    return words
end

local function encrypt(words, a, b, c, d)
    local T1, T2, T3, T4 = T[1], T[2], T[3], T[4]
    a, b, c, d = bxor(a, words[0]), bxor(b, words[1]), bxor(c, words[2]), bxor(d, words[3])
    for round = 4, 36, 4 do
        local a1, a2, a3, a4 = bytes_of(a)
        local b1, b2, b3, b4 = bytes_of(b)
        local c1, c2, c3, c4 = bytes_of(c)
        local d1, d2, d3, d4 = bytes_of(d)
        a = bxor(bxor(bxor(T1[a1], T2[b2]), bxor(T3[c3], T4[d4])), words[round])
        b = bxor(bxor(bxor(T1[b1], T2[c2]), bxor(T3[d3], T4[a4])), words[round + 1])
        c = bxor(bxor(bxor(T1[c1], T2[d2]), bxor(T3[a3], T4[b4])), words[round + 2])
        d = bxor(bxor(bxor(T1[d1], T2[a2]), bxor(T3[b3], T4[c4])), words[round + 3])
    end
    local a1, a2, a3, a4 = bytes_of(a)
    local b1, b2, b3, b4 = bytes_of(b)
    local c1, c2, c3, c4 = bytes_of(c)
    local d1, d2, d3, d4 = bytes_of(d)
    local S = SBOX
    return bxor(word(S[a1], S[b2], S[c3], S[d4]), words[40]), bxor(word(S[b1], S[c2], S[d3], S[a4]), words[41]),
        bxor(word(S[c1], S[d2], S[a3], S[b4]), words[42]), bxor(word(S[d1], S[a2], S[b3], S[c4]), words[43])
end

-- The subkey for a last block that is whole: every message here is.
local function subkey(words)
    local l = { encrypt(words, 0, 0, 0, 0) }
    local carry, k = 0, {}
    for i = 4, 1, -1 do
        local value = l[i] % 0x100000000 * 2 + carry
        carry = value >= 0x100000000 and 1 or 0
        k[i] = value % 0x100000000
    end
    if carry == 1 then
        k[4] = bxor(k[4], 0x87)
    end
    return k
end

local function hex(text)
    return (text:gsub(".", function(letter)
        return string.format("%02x", letter:byte())
    end))
end

-- Of text, whose length is a multiple of 16.
local function omac(key, text)
    local words = expand(key)
    local k = subkey(words)
    local a, b, c, d = 0, 0, 0, 0
    for at = 1, #text, 16 do
        a = bxor(a, word(text:byte(at, at + 3)))
        b = bxor(b, word(text:byte(at + 4, at + 7)))
        c = bxor(c, word(text:byte(at + 8, at + 11)))
        d = bxor(d, word(text:byte(at + 12, at + 15)))
        if at + 16 > #text then
            a, b, c, d = bxor(a, k[1]), bxor(b, k[2]), bxor(c, k[3]), bxor(d, k[4])
        end
        a, b, c, d = encrypt(words, a, b, c, d)
    end
    local tag = {}
    for _, value in ipairs({ a, b, c, d }) do
        tag[#tag + 1] = string.char(bytes_of(value))
    end
    return table.concat(tag)
end

-- What is known of the capture --

local keys = {} -- by the driver's random number, both in hexadecimal
local sessions = {} -- by number: the session that is under way
local frames = {} -- by number: what was found out about a message when it was seen first

local function unhex(text)
    return (text:gsub("%x%x", function(digits)
        return string.char(tonumber(digits, 16))
    end))
end

local function read_keys(name)
    keys = {}
    local file = name ~= "" and io.open(name, "r")
    if not file then
        return
    end
    for line in file:lines() do
        local random, key = line:match("^COPP_SESSION (%x+) (%x+) ")
        if random and #random == 32 and #key == 32 then
            keys[random:lower()] = unhex(key)
        end
    end
    file:close()
end

function copp.init()
    sessions = {}
    frames = {}
    read_keys(copp.prefs.keylog)
end

-- Dissection --

local function add_note(tree, text)
    tree:append_text(" (" .. text .. ")")
end

local function add_bits(tree, item, range, names, none)
    local text = bits(range:le_uint(), names, none)
    add_note(tree:add_le(item, range), text)
    return text
end

local function add_mac(tree, range, message, key)
    local item = tree:add(f.mac, range)
    if not key then
        return
    end
    local right = omac(key, message) == range:raw()
    tree:add(f["mac.right"], range, right):set_generated()
    add_note(item, right and "right" or "WRONG")
    if not right then
        item:add_proto_expert_info(e.mac)
    end
end

local function request_of(guid)
    return REQUESTS[guid:bytes():tohex(true)]
end

local function request_name(request, opm)
    return request and (opm and request[2] or request[1]) or nil
end

-- A GUID, a sequence number and a size, from offset 16 on: what commands and status requests have alike.
local function add_head(tree, message, opm)
    local guid = message:range(16, 16)
    local name = request_name(request_of(guid), opm)
    local item = tree:add_le(f.guid, guid)
    add_note(item, name or "unknown")
    if not name then
        item:add_proto_expert_info(e.unknown)
    end
    tree:add_le(f.sequence, message:range(32, 4))
    tree:add_le(f.data_size, message:range(36, 4))
    return name
end

local function add_level(tree, message)
    local kind, level = message:range(40, 4):le_uint(), message:range(44, 4):le_uint()
    local types = add_bits(tree, f.type, message:range(40, 4), TYPES, "none")
    local name = level_name(kind, level)
    add_note(tree:add_le(f.level, message:range(44, 4)), name)
    tree:add(f.reserved, message:range(48, 8))
    return types .. " " .. name
end

local function add_aspects(tree, range)
    for at = 0, 16, 8 do
        tree:add_le(f.aspect_mask, range:range(at, 4))
        tree:add_le(f.aspect_data, range:range(at + 4, 4))
    end
end

local function add_signaling(tree, message)
    add_bits(tree, f.active, message:range(40, 4), STANDARDS, "none")
    add_aspects(tree, message:range(44, 24))
    tree:add(f.extended, message:range(68, 32))
    tree:add(f.reserved, message:range(100, 4))
end

local function command_request(tree, m)
    if m.message:len() ~= MESSAGE then
        return nil
    end
    add_mac(tree, m.message:range(0, 16), m.message:range(16):raw(), m.key)
    local name = add_head(tree, m.message, m.opm)
    local shape = name and request_of(m.message:range(16, 16))[3]
    if shape == "set_level" then
        name = name .. ": " .. add_level(tree, m.message)
    elseif shape == "set_signaling" then
        add_signaling(tree, m.message)
    elseif shape == "set_srm" then
        tree:add_le(f.srm_version, m.message:range(40, 4))
    end
    if m.additional then
        tree:add(f.additional, m.additional)
    end
    return name or "unknown command"
end

local function status_request(tree, m)
    if m.message:len() ~= MESSAGE then
        return nil
    end
    if m.additional and m.additional:len() == 16 then
        add_mac(tree, m.additional, m.message:raw(), m.key)
    end
    tree:add(f.rapp, m.message:range(0, 16))
    local name = add_head(tree, m.message, m.opm)
    local request = request_of(m.message:range(16, 16))
    if name and request[3] == "level" and m.message:range(36, 4):le_uint() >= 4 then
        name = name .. ": " .. add_bits(tree, f.type, m.message:range(40, 4), TYPES, "none")
    end
    return name or "unknown query"
end

local function add_ksv(tree, range)
    local ksv, ones, digits = range:range(0, 5), 0, ""
    for i = 0, 4 do
        digits = string.format("%02x", ksv:range(i, 1):uint()) .. digits
        for bit = 0, 7 do
            ones = ones + (has(ksv:range(i, 1):uint(), 2 ^ bit) and 1 or 0)
        end
    end
    local item = tree:add(f.ksv, ksv)
    add_note(item, "most significant byte first: " .. digits)
    if ones ~= 20 then
        item:add_proto_expert_info(e.ksv)
    end
end

-- What an answer holds from offset 40 on, by the request's shape; each returns it in a few words.
local ANSWERS = {
    connector = function(tree, range, m)
        local name = connector_name(range:range(0, 4):le_uint(), m.opm)
        add_note(tree:add_le(f.connector_type, range:range(0, 4)), name)
        return name
    end,
    types = function(tree, range)
        return add_bits(tree, f.types, range:range(0, 4), TYPES, "none")
    end,
    bus = function(tree, range)
        local name = BUSES[range:range(0, 4):le_uint() % 0x10000] or "unknown"
        add_note(tree:add_le(f.bus, range:range(0, 4)), name)
        return name
    end,
    level = function(tree, range, m)
        local name = level_name(m.asked.type, range:range(0, 4):le_uint())
        add_note(tree:add_le(f.level, range:range(0, 4)), name)
        return name
    end,
    number = function(tree, range)
        tree:add_le(f.value, range:range(0, 4))
        return tostring(range:range(0, 4):le_uint())
    end,
    output = function(tree, range)
        tree:add(f.output_id, range:range(0, 8))
        return range:range(0, 8):bytes():tohex(true)
    end,
    display = function(tree, range)
        tree:add_le(f.width, range:range(0, 4))
        tree:add_le(f.height, range:range(4, 4))
        add_note(tree:add_le(f.format, range:range(8, 4)), SAMPLES[range:range(8, 1):uint()] or "unknown scan")
        tree:add_le(f.d3d_format, range:range(12, 4))
        tree:add(f.frequency, range:range(16, 8), range:range(16, 4):le_uint() .. "/" .. range:range(20, 4):le_uint() .. " Hz")
        return range:range(0, 4):le_uint() .. "x" .. range:range(4, 4):le_uint()
    end,
    key = function(tree, range)
        local repeater = has(range:range(0, 4):le_uint(), 1)
        add_note(tree:add_le(f.hdcp_flags, range:range(0, 4)), repeater and "repeater" or "no repeater")
        add_ksv(tree, range:range(4, 16))
        return repeater and "repeater" or "no repeater"
    end,
    signaling = function(tree, range)
        add_bits(tree, f.available, range:range(0, 4), STANDARDS, "none")
        local active = add_bits(tree, f.active, range:range(4, 4), STANDARDS, "none")
        tree:add_le(f.tv_type, range:range(8, 4))
        add_aspects(tree, range:range(12, 24))
        tree:add(f.extended, range:range(36, 32))
        return active
    end,
}

-- BIND-1. An answer without the mark is not bound.
local function add_binding(tree, m)
    local range = m.message:range(BINDING, 128)
    if range:range(0, 16):bytes():tohex(true) ~= "db64c2a1c87b314aa969b0bb2ed8c157" then
        return
    end
    local binding = tree:add_le(f.binding, range:range(0, 16))
    binding:add_le(f["binding.guid"], range:range(16, 16))
    binding:add_le(f["binding.sequence"], range:range(32, 4))
    binding:add_le(f["binding.size"], range:range(36, 4))
    binding:add(f["binding.data"], range:range(40, 4))
    binding:add_le(f["binding.command"], range:range(44, 4))
    binding:add_le(f["binding.refused"], range:range(48, 4))
    add_bits(binding, f["binding.flags"], range:range(52, 4), BOUND, "simulated")
    binding:add(f["binding.record"], range:range(56, 8))
    binding:add(f["binding.connector"], range:range(64, 64), range:range(64, 64):stringz())
    if m.asked and range:range(16, 24):raw() ~= m.asked.head then
        binding:add_proto_expert_info(e.bound)
    end
end

local function status_answer(tree, m)
    if m.message:len() ~= MESSAGE then
        return nil
    end
    add_mac(tree, m.message:range(0, 16), m.message:range(16):raw(), m.key)
    tree:add_le(f.data_size, m.message:range(16, 4))
    local rapp = tree:add(f.rapp, m.message:range(20, 16))
    if m.asked and m.message:range(20, 16):raw() ~= m.asked.rapp then
        rapp:add_proto_expert_info(e.rapp)
    end
    local events = m.message:range(36, 4)
    local item = tree:add_le(f.events, events)
    add_note(item, bits(events:le_uint(), EVENTS, "normal"))
    local told = ""
    if m.asked and m.asked.shape and ANSWERS[m.asked.shape] then
        told = ANSWERS[m.asked.shape](tree, m.message:range(40, 68), m)
    end
    add_binding(tree, m)
    if events:le_uint() > 0 then
        item:add_proto_expert_info(e.event)
        told = told .. ", " .. bits(events:le_uint(), EVENTS, "normal")
    end
    return told
end

local function exchange_answer(tree, m)
    if m.message:len() < 16 then
        return nil
    end
    tree:add(f.random, m.message:range(0, 16))
    if m.message:len() > 16 then
        tree:add(f.chain, m.message:range(16))
    end
    return nil
end

local REQUEST = {
    [1] = function(tree, m)
        tree:add(f.connector, m.message)
        return "Open " .. m.message:string()
    end,
    [3] = function(tree, m)
        tree:add(f.ciphertext, m.message)
    end,
    [4] = command_request,
    [5] = status_request,
}
local ANSWER = { [2] = exchange_answer, [5] = status_answer }

-- What later messages need of this one, which may be shown before them or after: found out once.
local function look(m, number)
    local id = m.session .. ":" .. m.exchange .. ":" .. m.kind
    if m.direction == 0 and m.kind == 1 or not sessions[m.session] then
        sessions[m.session] = { asked = {} }
    end
    local session = sessions[m.session]
    local found = { key = session.key }
    if m.direction == 0 then
        local asked = { frame = number }
        if m.kind == 5 and m.message and m.message:len() == MESSAGE then
            local request = request_of(m.message:range(16, 16))
            asked.shape = request and request_name(request, m.opm) and request[3]
            asked.type = m.message:range(40, 4):le_uint()
            asked.rapp = m.message:range(0, 16):raw()
            asked.head = m.message:range(16, 24):raw()
        end
        session.asked = { [id] = asked } -- there is one request at a time
    elseif session.asked[id] then
        found.asked = session.asked[id]
        if frames[found.asked.frame] then
            frames[found.asked.frame].answer = number
        end
    end
    if m.direction == 1 and m.kind == 2 and m.message and m.message:len() >= 16 then
        session.key = keys[m.message:range(0, 16):bytes():tohex(true)]
    end
    frames[number] = found
end

local function read_header(buffer)
    local m = {
        kind = buffer:range(1, 1):uint(),
        direction = buffer:range(2, 1):uint(),
        semantics = buffer:range(3, 1):uint(),
        session = buffer:range(8, 4):le_uint(),
        exchange = buffer:range(12, 4):le_uint(),
        hresult = buffer:range(16, 4):le_uint(),
        result = buffer:range(20, 4):le_int(),
        size = buffer:range(24, 4):le_uint(),
        additional_size = buffer:range(28, 4):le_uint(),
    }
    if buffer:range(0, 1):uint() ~= 1 or not KINDS[m.kind] or not DIRECTIONS[m.direction] or not SEMANTICS[m.semantics] or
        m.size + m.additional_size ~= buffer:len() - HEADER then
        return nil
    end
    m.opm = m.semantics == 2
    m.message = m.size > 0 and buffer:range(HEADER, m.size) or nil
    m.additional = m.additional_size > 0 and buffer:range(HEADER + m.size, m.additional_size) or nil
    return m
end

local function add_header(tree, buffer, m)
    local header = tree:add(copp, buffer:range(0, HEADER), "Recording")
    header:add(f.version, buffer:range(0, 1))
    header:add(f.kind, buffer:range(1, 1))
    header:add(f.direction, buffer:range(2, 1))
    header:add(f.semantics, buffer:range(3, 1))
    add_bits(header, f.flags, buffer:range(4, 4), FLAGS, "none")
    header:add_le(f.session, buffer:range(8, 4))
    header:add_le(f.exchange, buffer:range(12, 4))
    header:add_le(f.message_size, buffer:range(24, 4))
    header:add_le(f.additional_size, buffer:range(28, 4))
    if m.direction == 1 and m.result ~= 0 then
        tree:add_le(f.result, buffer:range(20, 4)):add_proto_expert_info(e.silent)
    elseif m.direction == 1 then
        local item = tree:add_le(f.hresult, buffer:range(16, 4))
        add_note(item, hresult_name(m.hresult))
        tree:add(f["hresult.name"], buffer:range(16, 4), hresult_name(m.hresult)):set_generated()
        if m.hresult ~= 0 then
            item:add_proto_expert_info(e.refused)
        end
    end
end

local function add_links(tree, found)
    if found.asked then
        tree:add(f.request_in, found.asked.frame):set_generated()
    end
    if found.answer then
        tree:add(f.answer_in, found.answer):set_generated()
    end
end

local function note_text(tree, m)
    if m.kind == 8 and m.size >= 4 then
        tree:add_le(f.missing, m.message:range(0, 4))
        return m.message:range(0, 4):le_uint() .. " messages are missing here"
    end
    if m.message then
        tree:add(f.note, m.message)
        return m.message:string()
    end
    return KINDS[m.kind]
end

-- The message in a line.
local function summary(tree, m)
    local name = m.opm and OPM_KINDS[m.kind] or KINDS[m.kind]
    if m.direction == 2 then
        return note_text(tree, m)
    end
    local show = m.direction == 0 and REQUEST[m.kind] or m.direction == 1 and m.hresult == 0 and ANSWER[m.kind]
    local told = show and m.message and show(tree, m)
    if m.direction == 0 then
        return told or name
    end
    if m.result ~= 0 then
        return "no answer"
    end
    return hresult_name(m.hresult) .. (told and told ~= "" and ": " .. told or "")
end

function copp.dissector(buffer, pinfo, root)
    pinfo.cols.protocol = "COPP"
    local tree = root:add(copp, buffer:range())
    local m = buffer:len() >= HEADER and read_header(buffer)
    if not m then
        tree:add_proto_expert_info(e.malformed)
        pinfo.cols.info = "not a message of a recording"
        return buffer:len()
    end
    if not pinfo.visited then
        look(m, pinfo.number)
    end
    local found = frames[pinfo.number] or {}
    m.key, m.asked = found.key, found.asked
    add_header(tree, buffer, m)
    add_links(tree, found)
    local text = summary(tree, m)
    local arrow = m.direction == 0 and "-> " or m.direction == 1 and "<- " or ""
    if m.direction ~= 2 then
        pinfo.cols.src = m.direction == 0 and "application" or "driver"
        pinfo.cols.dst = m.direction == 0 and "driver" or "application"
    end
    pinfo.cols.info = string.format("[%d] %s%s", m.session, arrow, text)
    tree:append_text(": " .. text)
    return buffer:len()
end
