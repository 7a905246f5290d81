/*
 * What the system says of itself in Chinese, by its name (daemon/notices.c): what each is called, and of those that are alarms, and
 * begin or stay, what they mean and what to do (daemon/notices_advice.c). Commands, names of keys and files, and what other
 * programs say stay as they are.
 */
export interface NoticeZh {
    /** The title that the record gives it. */
    written: string;
    title: string;
    means?: string;
    /** A line each. */
    act?: readonly string[];
}

/**
 * What it says beside the title, by the format that the engine makes it with; {1} is the first thing that is filled in. What is not
 * here is shown as it was written.
 */
export const noticeTextsZh: Readonly<Record<string, string>> = {
    "connection closed": "连接已关闭",
    'connection refused for user "%s": %s (0x%02x)': "用户“{1}”的连接被拒绝：{2}（0x{3}）",
    "the broker does not speak MQTT 5: use Mosquitto 2.0 or newer":
        "消息代理不支持 MQTT 5：请使用 Mosquitto 2.0 或更新版本",
    "the broker does not accept our client id: change mqtt.client_id":
        "消息代理不接受本系统的客户端标识：请更改 mqtt.client_id",
    "wrong user or password: check mqtt.user and mqtt.password_file":
        "用户名或密码错误：请检查 mqtt.user 和 mqtt.password_file",
    "not authorised: check mqtt.user, mqtt.password_file and the broker's password file":
        "未获授权：请检查 mqtt.user、mqtt.password_file 和消息代理的密码文件",
    "the broker says that it is not available": "消息代理称其不可用",
    "the broker says that it is busy": "消息代理称其繁忙",
    "the broker has banned us: lift the ban in the broker's configuration": "消息代理禁止本系统连接：请在其配置中解除",
    "%s (0x%02x)": "{1}（0x{2}）",
    "the broker does not authorise us any more: check its ACL for mqtt.user":
        "消息代理不再授权本系统：请检查其 ACL 中的 mqtt.user",
    "the broker is busy": "消息代理繁忙",
    "the broker is shutting down": "消息代理正在关闭",
    "the broker heard nothing from us for too long": "消息代理过久未收到本系统的消息",
    "another client uses our client id: give each daemon its own mqtt.client_id":
        "另一客户端使用了本系统的客户端标识：请为每个守护进程设置各自的 mqtt.client_id",
    "an administrator of the broker ended the connection": "消息代理的管理员结束了连接",
    "the name of mqtt.host cannot be resolved": "无法解析 mqtt.host 的名称",
    "the broker closed the connection and gave no reason (as it does when another client comes with our client id)":
        "消息代理关闭了连接，未说明原因（另有客户端使用本系统的客户端标识时也会如此）",
    "the broker does not know our session any more; states are taken anew from retained messages":
        "消息代理已不记得本系统的会话；各状态由保留消息重新取得",
    'user "%s" was let publish to %s: the broker has no ACL, or one that grants everything':
        "用户“{1}”得以向 {2} 发布：消息代理没有 ACL，或 ACL 放行一切",
    "map %.0f %% full: this session's messages wait at the broker": "空间已用 {1} %：此会话的消息在消息代理处等待",
    "no snapshot can be read: the state begins with the oldest record": "没有可读的快照：状态从最早的记录开始",
    "see its raw message": "见其原始报文",
    "another firmware? %.*s: %.*s": "是否更换了固件？{1}：{2}",
    "its number was passed before: somebody sends what he has recorded": "其编号此前已出现过：有人在重放录制的消息",
    "cannot be begun: error": "无法开始：错误",
    "the child ended with status": "子进程结束，状态",
    "%s %d; it is tried again": "{1} {2}；将再次尝试",
    "%s; the log has the messages, and `wardwatch check` shows them": "{1}；详见系统日志和 `wardwatch check`",
    "`wardwatch check` says why": "原因见 `wardwatch check`",
    "the journal is full; reload again once there is room": "日志已满；有空间后请重新重载",
    "their files are too large for the room in the journal (journal.size)": "文件太大，日志中容纳不下（journal.size）",
    "killed by the kernel for a system call that it may not make": "因不允许的系统调用被内核终止",
    "journal time is %s ahead, and runs on, slower by a tenth, until the wall clock meets it":
        "记录的时间超前 {1}，将以慢十分之一的速度继续前进，直到与时钟一致",
    "by %s; confirm with `wardwatch clock confirm` if the new time is right":
        "向前 {1}；如果新时间正确，用 `wardwatch clock confirm` 确认",
    "the record is kept in quarantine: %s": "该记录已隔离：{1}",
    "%llu outputs, the first at input %llu": "{1} 条输出，首处在输入 {2}",
    "inputs %llu to %llu were trimmed from the journal before they were stored":
        "输入 {1} 至 {2} 在存储之前已从日志中清理",
    "inputs %llu to %llu": "输入 {1} 至 {2}",
    "the journal is an older copy than the one stored up to %llu (it ends at %llu): move DIR/journal aside, so that a new one begins":
        "日志是比已存储到 {1} 的那份更旧的副本（止于 {2}）：将 DIR/journal 移至一旁，以便开始新的日志",
    "absence and supervision stand still": "缺席判断和设备监测暂停",
    "every session has caught up with its backlog": "各会话均已补收积压消息",
    "connected and caught up": "已连接并补收完毕",
    'user "%s" was refused at %s': "用户“{1}”在 {2} 被拒绝",
    "mqtt.self_test is off: nobody looks": "mqtt.self_test 已关闭：不再检查",
    "map %.0f %% full": "空间已用 {1} %",
    "other sensor types are in force": "其他传感器类型已生效",
    "this kernel can, or sandbox.mode is `off`": "本机内核已具备此功能，或 sandbox.mode 为 `off`",
    "orderly stop": "正常停止",
    "keys that take effect at a reload were changed": "重载时生效的配置项已更改",
    "set %s came into force, and nobody had signed it": "规则集 {1} 已生效，且未经签署",
    "journal time follows the wall clock again": "记录的时间重新与时钟同步",
};

export const noticesZh: Readonly<Record<string, NoticeZh>> = {
    "intake-lost": {
        written: "Connection to the broker lost",
        title: "与消息代理的连接中断",
        means: "与消息代理的两个会话之一（标题括号中注明：`urgent` 或 `bulk`）已断开。设备发出的消息在消息代理处等待，只要消息代理仍在运行就不会丢失；但也无法看到。缺席判断和设备监测暂停，因此不会因中断而报告设备无响应。",
        act: [
            "恢复之前，对只能由设备显示的情况派人值守：呼叫按钮、门、新生儿室。在设有紧急按钮处安排保安。",
            "报警标题中有消息代理或网络给出的原因。在消息代理所在机器上：`systemctl status mosquitto`；在本机上：`mosquitto_sub -h HOST -p PORT -t wardwatch/# -V 5 -W 5`，并将 `-u wardwatch` 和 `-P …` 两行写入 ~/.config/mosquitto_sub：命令行参数对所有用户可见。",
            "“not authorized”：mqtt.password_file 中的密码不对，或 ACL 不允许（`wardwatch broker acl`）。“session taken over”：另一客户端使用了 mqtt.client_id：同时运行了两个守护进程，或某个工具借用了该名称。",
            "会话补收完积压消息后自动结束（`intake-back`）；积压消息的补收速度约为每秒 40,000 条。",
        ],
    },
    "intake-back": {
        written: "Connection to the broker is back",
        title: "与消息代理的连接已恢复",
    },
    "session-lost": {
        written: "Broker lost our session: messages may be missing",
        title: "消息代理丢失了会话：可能缺少消息",
        means: "消息代理已不记得本系统的会话。在中断期间到达、且消息代理已向设备确认的消息可能丢失：范围从上一次 `intake-lost` 或 `engine-stopped` 到现在。",
        act: [
            "查明原因：消息代理被强制终止（kill -9、断电）时，会丢失上次自动保存之后的内容；persistent_client_expiration 短于中断时间时，会话会被丢弃；更换 mqtt.client_id 即为新会话。",
            "各设备的状态已由保留消息重新取得。未保留的消息（按下按钮、刷卡）不会重发：请向各科室询问该时段的情况。",
            "`wardwatch query notices --from …` 列出准确时间，供记录使用。复位报警时在原因中写明查明的情况。",
        ],
    },
    "broker-open": {
        written: "Broker lets anybody publish anything",
        title: "消息代理允许任何人发布任何消息",
        means: "消息代理允许本系统向任何人都不应写入的主题发布消息。说明它没有 ACL，或 ACL 放行一切：任何设备，以及从墙上取下设备的任何人，都可以谎称没有火情。",
        act: [
            "`wardwatch broker acl --output /etc/mosquitto/wardwatch.acl` 按场所模型生成 ACL；在消息代理的监听配置中指定它（acl_file），设置 allow_anonymous false，并重载消息代理（`systemctl reload mosquitto`）。",
            "`wardwatch broker check` 分别用密码和不用密码尝试，并列出仍未关闭的漏洞。",
            "下次连接时如消息代理已能拒绝，报警即结束（`broker-closed`）。暂时无法设置 ACL 的站点可设 `mqtt.self_test: false`，此后不再检查。",
        ],
    },
    "broker-closed": {
        written: "Broker refuses what it must",
        title: "消息代理已能拒绝越权发布",
    },
    "journal-full": {
        written: "Journal nearly full: intake waits at the broker",
        title: "日志将满：消息在消息代理处等待",
        means: "日志空间已用 85 %（对象为 `bulk`）或 95 %（`urgent`）：该会话已关闭，其消息在消息代理处等待。已确认接收的内容不会丢失。达到 95 % 时，人员操作也会被拒绝；完全没有空间时，升级及其他到期事项也会等待（日志中为 `journal-stands`）。",
        act: [
            "`wardwatch status`：查看 `journal.fill`；并从 `feed.readers` 看谁滞后。多半是存储进程滞后，因为 PostgreSQL 不可用或过慢：应先处理 `database-lost`。",
            "如果没有滞后者，则日志相对于消息量太小：增大 journal.size（每次启动时都可增大，不能减小），或减小 journal.keep。参考数据见运维指南 “Sizing” 一节。",
            "切勿删除日志文件夹中的文件。低于 80 % 时会自动重新接收（`journal-room`）。",
        ],
    },
    "journal-room": {
        written: "Journal has room again",
        title: "日志已有空间",
    },
    "journal-damaged": {
        written: "Journal was damaged; what could be read was saved",
        title: "日志曾损坏；可读部分已保存",
        means: "日志中有些页无法读取：磁盘故障、内存没有 ECC，或有人写入了日志文件。原日志已移至一旁，可读部分已转入新日志继续运行。报警中列为丢失的内容，如果此前未入库，PostgreSQL 中也没有。",
        act: [
            "立即检查磁盘（`smartctl -a`、`dmesg`）：还会再次发生。准备更换机器。",
            "移至一旁的文件夹（在 `state.dir` 下，名称见系统日志）在有人检查之前不得删除。",
            "先运行 `wardwatch journal verify`，再运行 `wardwatch verify`：数据库中的记录是否完整？复位报警时将两项结果写入原因。",
        ],
    },
    "snapshot-failed": {
        written: "Snapshot could not be written",
        title: "快照无法写入",
        means: "当前状态无法写入磁盘。一切照常运行；但日志不能清理到旧快照之后，重启时需要重放的内容更多。",
        act: [
            "报警标题中有原因：多半是磁盘已满（对 state.dir 运行 `df -h`），或其文件夹的属主已改变。",
            "到下一次快照时会再次尝试；`wardwatch status` 显示最新快照的时间。",
        ],
    },
    "snapshot-refused": {
        written: "A snapshot is not what was written: it was passed over",
        title: "快照与写入时不符：已跳过",
        means: "启动时快照文件夹中有文件不能使用：已损坏，属于另一份日志，或由他人放入。启动时改用最新的完好快照，并重放了其后的内容；没有因此丢失任何内容。",
        act: [
            "报警标题中有文件名。最近一次被拒绝的文件保存为 state.dir 中的 `snapshots/refused`：在有人检查之前不得删除。",
            "如为损坏：检查磁盘（`smartctl -a`、`dmesg`），并查看 `wardwatch journal verify` 的结果。",
            "如果文件编号超过日志当前位置，则只可能是外人写入：谁能写入 state.dir？其属主应为 users.engine，其他人均不得写入（权限 2750）。",
        ],
    },
    "database-lost": {
        written: "Database cannot be reached: the journal buffers",
        title: "数据库无法连接：由日志缓存",
        means: "PostgreSQL 无法连接，或拒绝服务。报警、值班页面和通知照常；待存储的内容保留在日志中（26 小时，日志有空间时更久）。历史、统计和查询不可用，或只到此时为止。",
        act: [
            "报警标题中有数据库服务器的原话。`systemctl status postgresql`；以用户 wardwatch-store 用 database.url 中的连接串运行 `psql`。",
            "“schema”：升级后需要运行 `wardwatch migrate`。“read-only”：连到了备库，或服务器空间已满。“no room”：对其数据目录运行 `df -h`；按保留期限清理可释放整个分区（`wardwatch retention --dry-run`）。",
            "日志占用达到 70 % 之前不必着急（`wardwatch status` 中的 `journal.fill`）。恢复后自动结束（`database-back`），等待的内容全部补存，且只存一次。",
        ],
    },
    "database-back": {
        written: "Database is back",
        title: "数据库已恢复",
    },
    "row-quarantined": {
        written: "Database refused a row; it is kept in quarantine",
        title: "数据库拒绝了一行；该行已隔离",
        means: "PostgreSQL 拒绝了一行数据。该行连同原始字节和原因保存在 `quarantine` 表中；其他各行照常存入。",
        act: [
            "以审计员身份执行 `SELECT * FROM quarantine_raw ORDER BY recorded_at DESC LIMIT 10`（读取会留下记录）。",
            "多半是某个传感器类型放行了文本列不能接受的文本，或某个工具添加了约束。修正该类型或约束；该行留在原处，并计为已存储。",
        ],
    },
    "store-gap": {
        written: "Records were trimmed before the database had them",
        title: "部分记录在存入数据库之前已被清理",
        means: "日志在数据库取得记录之前已被清理：数据库不可用的时间超过了日志的保留范围，或恢复自更旧的备份。缺失的编号列在 `store_gap` 中。",
        act: [
            "是否另有副本？该时段日志的备份、被替换的数据库（`wardwatch_before_…`）、`wardwatch journal dump` 导出的文件。请妥善保存：这是该时段的唯一记录。",
            "该时段的报警当时照常发出和显示；缺少的只是其历史。",
            "备份间隔不得长于日志的保留范围，并增大 journal.size。",
        ],
    },
    "clock-backward": {
        written: "Clock was set back",
        title: "时钟被调慢",
        means: "本机时钟被向后调整，或在此前走快之后被校正；标题中注明相差多少。记录的时间以慢十分之一的速度继续前进，直到与时钟一致：任何期限都不会经过两次，五分钟后到期的事项在六分钟内执行。",
        act: [
            "`timedatectl`、`chronyc tracking`：是谁调整的？保持同步的机器不会跳变。",
            "两者一致之前，记录中的时间和时间表超前的量即 `wardwatch status` 中的 `clock_ahead_s`：每小时缩小六分钟。",
            "启动后超前数小时：时钟芯片保存的是本地时间，而网络时间在启动之后才到。“Installing”中的“The clock”说明如何避免再次发生。",
        ],
    },
    "clock-forward": {
        written: "Clock jumped forward: not followed until confirmed",
        title: "时钟向前跳变：确认之前不予采用",
        means: "本机时钟向前跳变超过一小时。系统不予采用，引擎重启之后也不采用：否则该时段的所有期限会同时到期。",
        act: [
            "如果新时间正确（此前时钟有误）：由管理员运行 `wardwatch clock confirm`。",
            "如果新时间有误：将其调正（`timedatectl`、`chronyc makestep`）；无需其他操作。",
        ],
    },
    "record-skipped": {
        written: "A message crashed the engine and was set aside",
        title: "一条消息使引擎崩溃，已被搁置",
        means: "一条消息两次使引擎崩溃。该消息已被搁置：连同原始字节保存在记录中，未据此作出任何判断。",
        act: [
            "由哪台设备发出，内容是什么：`wardwatch query undecoded`。如果有人蓄意为之，应作为事件单独处理。",
            "将该编号的 `wardwatch journal dump --from N` 输出行附上，报告此问题：这是 Wardwatch 的缺陷。",
            "该设备的其他消息是否正常？如果继续发送此类消息，将其断网。",
        ],
    },
    "replay-differs": {
        written: "Replay of the journal differs from what was written",
        title: "日志重放结果与已写内容不一致",
        means: "启动时重放日志，得到的结果与已写入的不同：版本不同，或有缺陷。已写入的内容保持不变；从此刻起以新的判断为准。",
        act: [
            "将现在显示的内容与现场核对：应未结的报警可能已结束，反之亦然。`wardwatch alarms`。",
            "对该时段运行 `wardwatch replay --as-recorded --from …`，可看到差异。报告此问题，并注明两个版本。",
        ],
    },
    "rules-refused": {
        written: "Reload refused: the old rules stay in force",
        title: "重载被拒绝：原有规则继续生效",
        means: "已更改的文件（配置、传感器类型、规则、场所模型）因有错误而未生效。原有内容及其全部状态继续有效。",
        act: [
            "`wardwatch check` 给出文件、行、列和修正方法。改正后重载（`wardwatch reload --reason …`）。",
            "重启后也仍使用原有内容：它们保存在日志中。",
        ],
    },
    "limit-reached": {
        written: "A rule reached its limit of state",
        title: "一条规则达到状态数量上限",
        means: "一条规则跟踪的键过多，达到了上限（`limit` 或总内存）：最旧的键已被放弃，其累计从头开始。",
        act: [
            "`wardwatch status`（`rules`）显示是哪条规则、有多少个键。多半是其 `by` 指定的内容在每条消息中都不同（编号、时间），或有人用编造的名称大量发送：`wardwatch sensors devices --unknown`。",
            "修正规则；确有如此多的对象需要跟踪时，才增大其 `limit`。",
        ],
    },
    "sensor-drift": {
        written: "Messages of a sensor type are no longer understood",
        title: "一种传感器类型的消息已无法解读",
        means: "某传感器类型原来能够解读的主题上的消息，现在无法解读。可能是固件更新，或同一主题下换了设备。其事件缺失：本应发出的报警不会发出。",
        act: [
            "`wardwatch sensors unknown` 列出这些消息，`wardwatch sensors try TYPE` 说明为何不符。",
            "修正该类型之前，派人到现场逐台检查设备（步行测试）；一种类型即一个 YAML 文件，修正后重载即可。",
            "收到第一条能够解读的消息时结束（`sensor-understood`）。",
        ],
    },
    "sensor-understood": {
        written: "Messages of a sensor type are understood again",
        title: "一种传感器类型的消息已恢复解读",
    },
    "sandbox-degraded": {
        written: "This kernel cannot hold the processes to what they need",
        title: "本机内核无法限制各进程的权限",
        means: "本机内核缺少将各进程限制在所需文件、端口和系统调用之内的功能（Landlock、seccomp），或服务单元禁用了它。一切功能正常；但进程一旦被他人控制，能做的事会超出其应有权限。",
        act: [
            "报警标题中有缺少的内容。`cat /sys/kernel/security/lsm` 中应有 landlock：Debian 12 的内核具备此功能，在内核命令行中加入 `lsm=landlock,…` 即可启用。",
            "容器或服务单元的附加配置（`systemctl cat wardwatch`）可能拒绝了所需的系统调用：删除相应的行。",
            "两者都做不到的站点，在配置中注明（见 man wardwatch.yaml 中的 `sandbox`）。启动时不再缺少任何内容，报警即结束（`sandbox-whole`）。",
        ],
    },
    "sandbox-whole": {
        written: "The processes are held to what they need",
        title: "各进程的权限已受限制",
    },
    "worker-forbidden": {
        written: "A process did what it may not, and was killed: an intruder, or a fault of ours",
        title: "一个进程越权操作，已被终止：遭到入侵，或本系统有缺陷",
        means: "一个进程做了不允许的事，已被内核终止：它已被他人控制，或本系统有缺陷。该进程已重新启动。",
        act: [
            "哪个进程、哪个系统调用：`journalctl -k -g seccomp` 和 `journalctl -u wardwatch`。保存两者的输出。",
            "值班页面进程和通知进程与外部通信：如果是其中之一，查看当时有谁连接（`wardwatch query logins`），更换它能读取的密钥和密码（见运维指南 “Keys” 一节），并通知网络负责人。",
            "无论如何都应附上这些输出行并报告此问题。如果升级后反复发生，则为缺陷：退回到前一版本。",
        ],
    },
    "spoofed-message": {
        written: "A message that its device must sign is not signed by it",
        title: "应由设备签名的消息不是由该设备签名",
        means: "应当签名的消息没有签名，或签名有误：由该设备以外的人发送，或设备使用了另一把密钥。该消息连同原始字节保存，未据此作出任何判断。",
        act: [
            "首先查看现场：消息所说是否属实？也可能确由该设备发出，只是仅一方更换了密钥。",
            "消息代理的日志显示由哪个客户端发送（connection_messages）；`wardwatch broker acl` 可确保只有该设备自己的客户端才能在此主题发布。",
            "如果旧密钥可能已泄露，为设备更换密钥。复位报警时在原因中写明查明的情况。",
        ],
    },
    "replayed-message": {
        written: "A signed message came a second time: a recording",
        title: "签名消息重复出现：属于录制重放",
        means: "收到一条以前收到过的签名消息：有人录制后重新发送，或设备的计数出错。该消息已保存，未据此作出任何判断。",
        act: [
            "查看现场：录制的“关闭”可能掩盖着一扇打开的门。",
            "重启后从头计数的设备必须说明这一点（启动编号）；如果做不到，应为其更换密钥。",
            "消息代理的日志显示由哪个客户端发送。",
        ],
    },
    "signatures-refused": {
        written: "The keys of mqtt.signatures cannot be taken: signatures are not checked by them",
        title: "mqtt.signatures 的密钥无法使用：未用其校验签名",
        means: "缺少校验签名消息所需的内容：某个密钥文件无法读取，或其内容不是密钥。这些设备的消息与伪造的消息无法区分。",
        act: [
            "报警标题中有文件名。其属主应为 users.engine，权限应为 0600；改正后重载（`wardwatch reload --reason …`）。",
            "在此之前，对这些设备所监测的对象派人检查。",
        ],
    },
    "engine-started": { written: "Engine started", title: "引擎已启动" },
    "configuration-changed": { written: "Another configuration is in force", title: "新的配置已生效" },
    "rules-unsigned": { written: "Rules came into force that nobody had signed", title: "未经签署的规则已生效" },
    "engine-stopped": { written: "Engine stopped", title: "引擎已停止" },
    "intake-blind": { written: "Intake is behind or cut off", title: "接收滞后或中断" },
    "intake-sighted": { written: "Intake has caught up", title: "接收已恢复" },
    "version-changed": { written: "Another version goes on", title: "换用另一版本继续运行" },
    "credentials-changed": { written: "A person's credentials changed", title: "人员凭据已变更" },
    login: { written: "A person logged in", title: "人员登录" },
    "login-refused": { written: "A log-in was refused", title: "登录被拒绝" },
    logout: { written: "A session ended", title: "会话结束" },
    "session-locked": { written: "A session was locked or unlocked", title: "会话锁定或解锁" },
    "key-used": { written: "A program came with its key", title: "程序使用密钥登录" },
    "history-exported": { written: "History was exported", title: "历史已导出" },
    "second-person": { written: "A second person was asked and answered", title: "第二人确认：请求与答复" },
    "signature-key": { written: "Topics are signed with another key", title: "主题改用另一密钥签名" },
    "clock-confirmed": { written: "Clock step confirmed", title: "时钟跳变已确认" },
};
