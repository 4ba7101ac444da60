#!/usr/bin/env bash
# windows_registry.sh COPP.DLL ANOTHER.DLL: what regsvr32 /u leaves, whatever has happened to the registry since copp.dll was
# registered. The registry is compared with what it was before.
set -euo pipefail

# shellcheck source=tests/interop/windows_lib.sh
. "$(dirname "$0")/windows_lib.sh"
dll=$(realpath "$1") another=$(realpath "$2")
begin_wine
status=0

class_key='HKEY_CLASSES_ROOT\CLSID\{36CD6F7A-7D6C-4C7C-9E0B-59B21A40C3D1}'
vmr7='{B87BEB7B-8D29-423F-AE4D-6582C10175AC}' vmr9='{51B4ABF3-748F-4E3B-A276-C828330E926A}'
evr='{FA10746C-9B63-4B6C-BC49-FC300EA5F256}'
default='{6BC1CFFA-8FC1-4261-AC22-CFB4CC38DB50}' old='{70E102B0-5556-11CE-97C0-00AA0055595A}'
key() { printf 'HKEY_CLASSES_ROOT\\CLSID\\%s\\InprocServer32' "$1"; }

server() { reg query "$(key "$1")" /ve | tr -d '\r' | sed -n 's/.*REG_[A-Z_]*SZ *//p'; }
set_server() { reg add "$(key "$1")" /ve "${@:2}" /f >/dev/null; }
register() { wine regsvr32 /s "$1"; }
unregister() { wine regsvr32 /s /u copp.dll; }
forget_class() { reg delete "$class_key" /f >/dev/null; }
complain() {
    echo "$1"
    status=1
}

mkdir renamed gone
cp "$dll" copp.dll
cp "$dll" renamed/driver.dll
cp "$another" another.dll
classes before.reg
quartz=$(server "$vmr9")

# each way to a renderer is taken
register copp.dll
for class in "$vmr7" "$vmr9" "$evr" "$default" "$old"; do
    [[ $(server "$class") == *copp.dll ]] || complain "the renderer $class is not copp.dll"
done
ours=$(server "$vmr9")
unregister
assert_restored "regsvr32 /u"

# the class's key was deleted: by whoever wanted to be rid of it
register copp.dll
forget_class
unregister
assert_restored "/u without the class's key"
unregister
assert_restored "/u of what is not registered"

# a copy of another name, or that is gone, is known all the same
register renamed/driver.dll
forget_class
unregister
assert_restored "/u of a renamed copy without the class's key"
cp "$dll" gone/copp.dll
register gone/copp.dll
forget_class
rm gone/copp.dll
unregister
assert_restored "/u of a copy that is gone without the class's key"
register renamed/driver.dll
mv renamed/driver.dll renamed/away.dll
unregister
assert_restored "/u of a renamed copy that is gone"
mv renamed/away.dll renamed/driver.dll

# what is kept when another copy is found in the place is never that copy
register renamed/driver.dll
forget_class
register copp.dll
unregister
assert_restored "/u after a copy whose key was deleted"

# what was kept is a copy of this DLL, leads nowhere, is not text, or was deleted
register copp.dll
reg add "$class_key\\Replaced" /v VideoMixingRenderer9 /d "Z:$work/renamed/driver.dll" /f >/dev/null
reg add "$class_key\\Replaced" /v EnhancedVideoRenderer /d 'C:\nowhere\gone.dll' /f >/dev/null
reg add "$class_key\\Replaced" /v VideoRenderer /t REG_DWORD /d 7 /f >/dev/null
reg delete "$class_key\\Replaced" /v VideoMixingRenderer /f >/dev/null
unregister
assert_restored "/u with nothing useful kept"

# another DLL takes a place and puts back what it has found there, in its own spelling
register copp.dll
set_server "$vmr9" /d "Z:$work/another.dll"
set_server "$vmr9" /t REG_EXPAND_SZ /d "\"${ours^^}\""
unregister
assert_restored "/u after another DLL"

# it is registered still, and then puts copp.dll back after /u
register copp.dll
for class in "$vmr7" "$vmr9" "$evr"; do set_server "$class" /d "Z:$work/another.dll"; done
unregister
[[ $(server "$vmr9") == *another.dll ]] || complain "/u has taken another DLL's place away"
for class in "$vmr7" "$vmr9" "$evr"; do set_server "$class" /d "$ours"; done
unregister
assert_restored "/u after another DLL has put copp.dll back"

# it was there before, is there no more, and was replaced
cp "$another" gone/another.dll
set_server "$vmr9" /d "Z:$work/gone/another.dll"
register copp.dll
rm gone/another.dll
unregister
[ "$(server "$vmr9")" = "$quartz" ] || complain "/u has put back a DLL that is gone"
assert_restored "/u after a DLL that is gone"

# it was there before, and is there still
set_server "$vmr9" /d "Z:$work/another.dll"
register copp.dll
unregister
[[ $(server "$vmr9") == *another.dll ]] || complain "/u has not put back another DLL"
set_server "$vmr9" /d "$quartz"

# where there is nothing to fall back to, that is said and what can be put back is
register copp.dll
forget_class
evr_file=$own/evr.dll
mv "$evr_file" "$evr_file.away"
! unregister || complain "/u says that all is well without a renderer to put back"
[ "$(server "$vmr9")" = "$quartz" ] || complain "/u has left what it could put back"
mv "$evr_file.away" "$evr_file"
unregister
assert_restored "the second /u"
exit "$status"
