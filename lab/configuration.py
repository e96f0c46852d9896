"""Writes the files that one Asterisk of the lab needs, from lab/templates."""

from pathlib import Path
from typing import Any

import jinja2

from lab.addresses import AGENTS, CARRIERS
from lab.facts import Facts
from lab.programs import Programs

TEMPLATES = Path(__file__).parent / "templates"

MODULES = """
    pbx_config pbx_loopback res_timing_timerfd res_timing_pthread res_sorcery_config res_sorcery_memory
    res_sorcery_astdb res_pjproject res_pjsip res_pjsip_session res_pjsip_pubsub chan_pjsip
    res_pjsip_sdp_rtp res_rtp_asterisk res_crypto res_pjsip_authenticator_digest res_pjsip_caller_id
    res_pjsip_dtmf_info res_pjsip_registrar res_pjsip_endpoint_identifier_ip
    res_pjsip_endpoint_identifier_user res_pjsip_nat res_pjsip_rfc3326 res_pjsip_diversion
    res_pjsip_header_funcs res_pjsip_logger res_pjsip_outbound_registration
    res_pjsip_outbound_authenticator_digest codec_ulaw codec_alaw codec_gsm codec_a_mu codec_resample
    format_gsm format_wav format_pcm format_sln bridge_simple bridge_native_rtp bridge_holding
    bridge_softmix bridge_builtin_features app_queue app_dial app_stack app_playback app_read
    app_verbose app_userevent app_originate app_exec app_while app_record app_mixmonitor app_softhangup app_channelredirect
    app_controlplayback app_db app_cdr app_senddtmf app_system app_sayunixtime app_waituntil
    app_authenticate app_playtones app_echo app_chanisavail app_directed_pickup func_aes func_base64
    func_callerid func_cdr func_channel func_config func_cut func_db func_devstate func_dialplan
    func_env func_extstate func_global func_groupcount func_hangupcause func_iconv func_lock func_logic
    func_math func_md5 func_module func_pjsip_aor func_pjsip_contact func_pjsip_endpoint func_rand
    func_sha1 func_shell func_sprintf func_strings func_sysinfo func_timeout func_uri func_version
    func_volume res_speech res_agi res_clioriginate res_musiconhold res_manager_devicestate res_stasis
"""


def write(facts: Facts, programs: Programs) -> Path:
    """Makes the folders and configuration of the lab in its run folder; returns the path of asterisk.conf."""
    run = facts.run_dir
    for name in ("lib/keys", "data/moh", "agi", "spool", "run", "log", "log/cdr-csv"):
        (run / "asterisk" / name).mkdir(parents=True, exist_ok=True)
    for folder in (facts.tier3_dir, facts.prompts_dir, facts.holdfast_conf_dir):
        folder.mkdir(parents=True, exist_ok=True)
    _link_data(run / "asterisk/data", programs)
    present = {path.stem for path in programs.module_dir.glob("*.so")}
    return render(
        run / "asterisk/etc",
        etc=run / "asterisk/etc",
        run=run,
        module_dir=programs.module_dir,
        modules=[name for name in MODULES.split() if name in present],
        addresses=facts.addresses,
        sip_port=facts.sip_port,
        ami_port=facts.ami_port,
        carriers=CARRIERS,
        agents=AGENTS,
        agent_secret=facts.agent_secret,
        lab_secret=facts.lab_secret,
        holdfast=facts.holdfast_conf_dir,
        did=facts.did,
        queue=facts.queue,
        queue_timeout=facts.options.queue_timeout,
        log_steps=facts.options.log_steps,
    )


def render(etc: Path, /, **values: Any) -> Path:
    """Renders every template into `etc`; returns the path of asterisk.conf."""
    etc.mkdir(parents=True, exist_ok=True, mode=0o700)
    environment = jinja2.Environment(  # noqa: S701 - these are Asterisk's files, there is no HTML to escape for
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        comment_start_string="{##",  # a dial plan has "{#" in ordinary expressions
        comment_end_string="##}",
    )
    for template in sorted(TEMPLATES.glob("*.conf.jinja")):
        (etc / template.stem).write_text(environment.get_template(template.name).render(**values))
    return etc / "asterisk.conf"


def _link_data(data: Path, programs: Programs) -> None:
    """A data folder of the lab's own: Asterisk's documentation, which its modules need to load, and its sounds."""
    (data / "sounds").mkdir(parents=True, exist_ok=True)
    links = {data / "documentation": programs.data_dir / "documentation"}
    if programs.sounds:
        links[data / "sounds/en"] = programs.sounds
        links[data / "moh/one.gsm"] = programs.sounds / "demo-congrats.gsm"
    for link, target in links.items():
        link.unlink(missing_ok=True)
        link.symlink_to(target)
